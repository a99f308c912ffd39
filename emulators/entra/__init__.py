"""The Entra ID emulator: the authority that gives tokens to clients that prove who they are."""
