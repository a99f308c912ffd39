"""Secrets: scopes, values that are never logged, and the access lists that clients keep on them."""
