"""A stand-in for the v1 SDK inside a step's process: run history only, everything else raises by its name."""

import sys
from importlib.machinery import ModuleSpec


class _Missing:
    """Turns the import of a part that is not here into an error that says so."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.startswith("azureml.") and name not in ("azureml.core", "azureml.core.run"):
            raise ModuleNotFoundError(
                f"'{name}' is not in the azureml shim of the local cloud: it has azureml.core.Run only. "
                "To support it add it to emulators/azureml/shim.",
                name=name,
            )
        return None


sys.meta_path.insert(0, _Missing)
