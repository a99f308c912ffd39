"""The Files API: files of volumes, whole, with ranges, in one request each."""
