"""Data movement: connectors, formats, databases, the choice of files, names of results, mappings, type conversion.

Everything here is synchronous and streams: blocks of bytes, batches of rows. The activities run it in threads
(`activities/places.py`). What to copy is decided by pure functions on listings (`selection.py`, `naming.py`); formats
are read and written by libraries; what is not built is refused by name (`errors.Unsupported`).
"""
