# Databricks notebook source
# MAGIC %md
# MAGIC # Check one ingestion
# MAGIC Called by Data Factory after a file was accepted. Looks at the outputs of that very run again; fails, naming
# MAGIC every broken contract, or answers with the counts it found.

# COMMAND ----------

dbutils.widgets.text("run_id", "", "Run id of the Data Factory pipeline")
dbutils.widgets.text("file_name", "", "Name of the dropped file")
dbutils.widgets.text("storage_account", "", "Storage account")

# COMMAND ----------

from dataprep.checking import check
from dataprep.ledger import Ledger
from dataprep.storage import Storage

storage = Storage.on_azure(spark, dbutils, dbutils.widgets.get("storage_account"))
ledger = Ledger(spark, storage.ledger_address)
checked = check(dbutils.widgets.get("run_id"), dbutils.widgets.get("file_name"), storage, ledger)

# COMMAND ----------

print(checked)
dbutils.notebook.exit(checked.as_json())
