# Databricks notebook source
# MAGIC %md
# MAGIC # Prepare a dropped file
# MAGIC Called by Data Factory for every file that arrives. Wires the package `dataprep`, which lies beside this
# MAGIC notebook, to the storage account, and answers with what became of the file.

# COMMAND ----------

dbutils.widgets.text("folder_path", "", "Container and folder of the dropped file")
dbutils.widgets.text("file_name", "", "Name of the dropped file")
dbutils.widgets.text("run_id", "", "Run id of the Data Factory pipeline")
dbutils.widgets.text("storage_account", "", "Storage account")

# COMMAND ----------

from dataprep.ingestion import ingest
from dataprep.layout import arrived
from dataprep.ledger import Ledger
from dataprep.storage import Storage

storage = Storage.on_azure(spark, dbutils, dbutils.widgets.get("storage_account"))
blob = arrived(dbutils.widgets.get("folder_path"), dbutils.widgets.get("file_name"))
outcome = ingest(blob, dbutils.widgets.get("run_id"), storage, Ledger(spark, storage.ledger_address))

# COMMAND ----------

print(outcome)
dbutils.notebook.exit(outcome.as_json())
