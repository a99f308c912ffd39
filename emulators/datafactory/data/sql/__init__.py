"""Databases as ends of data movement: datasets of tables, queries and procedures as sources, tables as sinks.

What stands behind a linked service is a local stand-in (`stand_in.py`), reached by sessions (`session.py`).
"""
