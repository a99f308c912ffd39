"""What the control activities share that have no inner activities, and those that moreover take no time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulators.datafactory.engine.frame import Frame
    from emulators.datafactory.engine.step import Step


class Single:
    """Base of controls without inner activities."""

    def __init__(self, step: "Step") -> None:
        self.step = step

    def frame_closed(self, frame: "Frame") -> None:
        raise AssertionError(f"{self.step.definition.name} has no inner activities")


class Immediate(Single):
    """Base of controls that are over as soon as they have started."""

    def stop(self) -> None:
        raise AssertionError(f"{self.step.definition.name} takes no time, so nothing can stop it")
