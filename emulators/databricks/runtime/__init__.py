"""The Databricks runtime: what runs notebooks and Python files on a real Spark.

One warm JVM (`spark.SparkDriver`) serves every run; each run is a Python process of its own attached to it
(`runner.TaskRunner`), so a notebook that crashes, exits or never ends takes only itself down. Nothing here
speaks HTTP to the outside: the workspace's REST side calls the runner, and a notebook reaches its workspace through
that REST side, as on Databricks.
"""
