"""Who calls: personal access tokens, tokens of running notebooks, Entra tokens, and the SCIM answer about oneself."""
