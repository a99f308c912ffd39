"""Mounts: which storage container stands behind which DBFS folder, for every notebook of the workspace."""
