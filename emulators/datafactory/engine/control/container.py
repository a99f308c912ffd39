"""What the containers share: inner frames, and the error that names the inner activity."""

from typing import TYPE_CHECKING

from emulators.datafactory.engine.errors import ActivityError

if TYPE_CHECKING:
    from emulators.datafactory.engine.frame import Frame
    from emulators.datafactory.engine.step import Step


class Container:
    """Base of controls with inner activities; `open` are the frames that are not closed yet."""

    def __init__(self, step: "Step") -> None:
        self.step = step
        self.open: list[Frame] = []
        self.stopping = False

    def stop(self) -> None:
        """Stop the inner activities; `frame_closed` then ends the container."""
        self.stopping = True
        for frame in list(self.open):
            frame.stop()


def inner_failure(frame: "Frame") -> ActivityError | None:
    """The error of a container whose inner activities failed (code and sentence seen in public reports)."""
    failed = frame.culprits()
    if not failed:
        return None
    return ActivityError(
        "ActionFailed",
        "Activity failed because an inner activity failed; "
        f"Inner activity name: {failed[0]}, Error: {frame.error_of(failed[0])}",
    )


def wrong_type(template_word: str, step: "Step", found: str, wanted: str) -> ActivityError:
    """The error of an expression whose value has the wrong type (wording assumed, that of the workflow engine)."""
    return ActivityError(
        "InvalidTemplate",
        f"The execution of template action '{step.definition.name}' failed: the result of the evaluation of "
        f"'{template_word}' expression is of type '{found}'. The result must be a valid {wanted}.",
    )
