"""The Key Vault emulator: one vault of secrets, for azure-keyvault-secrets and for Data Factory's linked services."""
