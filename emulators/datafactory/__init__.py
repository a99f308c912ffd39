"""The Data Factory emulator: its control plane, its engine and its expression language behind the real service's protocol."""
