"""The Resource Manager emulator: one address for subscriptions, resource groups and every registered provider."""
