"""The local cloud: emulators of Azure's and Databricks' services that speak the real protocols on loopback."""
