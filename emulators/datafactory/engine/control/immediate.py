"""What the control activities share that take no time: they start, and with that they are over."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulators.datafactory.engine.frame import Frame
    from emulators.datafactory.engine.step import Step


class Immediate:
    """Base of controls without duration and without inner activities."""

    def __init__(self, step: "Step") -> None:
        self.step = step

    def stop(self) -> None:
        raise AssertionError(f"{self.step.definition.name} takes no time, so nothing can stop it")

    def frame_closed(self, frame: "Frame") -> None:
        raise AssertionError(f"{self.step.definition.name} has no inner activities")
