"""The preparation of the driver claims data: pure PySpark, deployed beside its notebooks, run on Databricks as is."""
