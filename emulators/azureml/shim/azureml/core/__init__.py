"""`azureml.core` as step scripts use it: `Run`. Other names raise, saying what to add."""

from typing import Any

from .run import Experiment, Run

__all__ = ["Experiment", "Run"]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise NotImplementedError(
        f"azureml.core.{name} is not in the azureml shim of the local cloud: it has Run only. "
        "To support it add it to emulators/azureml/shim."
    )
