"""DBFS: a folder on disk that Spark shares, and the containers that are mounted into it."""
