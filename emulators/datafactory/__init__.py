"""The Data Factory emulator: control plane, engine and expression language behind the real service's protocol."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulators.datafactory.testing import Factory

__all__ = ["Factory"]


def __getattr__(name: str) -> Any:
    """`Factory` is loaded when it is asked for: whoever only evaluates expressions does not pay for the engine."""
    if name == "Factory":
        from emulators.datafactory.testing import Factory

        return Factory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
