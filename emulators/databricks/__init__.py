"""Databricks: a workspace that databricks-sdk and Data Factory take for the real one.

`service` holds what the workspace knows, one package per resource; `routes` is its table of URLs; `runtime` runs the
notebooks on a real Spark. This module imports nothing: notebook processes import it on their way to the runtime.
"""
