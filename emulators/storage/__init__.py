"""Blob storage: the real Azurite, and before it the front door that every client passes and that tells Event Grid."""
