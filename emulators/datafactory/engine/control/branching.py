"""What If and Switch share: choose one branch, run it, end as it ended."""

from typing import TYPE_CHECKING

from emulators.datafactory.engine.control.container import Container, inner_failure

if TYPE_CHECKING:
    from emulators.datafactory.engine.frame import Frame


class Branching(Container):
    """A container that runs at most one of its graphs."""

    def run_branch(self, place: str) -> None:
        """Run the graph at this place; without one the activity succeeds at once (documented)."""
        graph = self.step.definition.graphs.get(place)
        if graph is None or not graph.activities:
            self.step.succeed({})
        else:
            self.open.append(self.step.open_frame(graph))

    def frame_closed(self, frame: "Frame") -> None:
        self.open.remove(frame)
        error = inner_failure(frame)
        if self.stopping:
            self.step.cancel()
        elif error:
            self.step.fail(error)
        else:
            self.step.succeed({})
