"""One graph in execution: which activities may start, which are skipped, and when all of it is over.

A frame belongs to the pipeline run itself or to a container's branch or iteration. It sees the results of the
frames around it, so an inner activity may refer to what ran before its container.
"""

from collections import ChainMap
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from emulators.datafactory.engine.dependencies import conditions_met, culprits
from emulators.datafactory.engine.graph import ActivityDefinition, Graph
from emulators.datafactory.engine.lifecycle import Outcome
from emulators.datafactory.engine.recovery import Recovery
from emulators.datafactory.engine.step import Step

if TYPE_CHECKING:
    from emulators.datafactory.engine.machine import RunMachine

NO_ITEM = object()
"""Stands for the absence of a current item: None is a legal item."""


class Frame:
    """A graph in execution; `owner` is the container's step, None for the pipeline itself, `recovery` says what is
    taken over from an earlier run."""

    def __init__(
        self,
        run: "RunMachine",
        graph: Graph,
        owner: Step | None = None,
        item: Any = NO_ITEM,
        label: str | None = None,
        recovery: Recovery | None = None,
    ) -> None:
        outer = owner.frame if owner is not None else None
        self.run = run
        self.graph = graph
        self.owner = owner
        self.recovery = recovery
        self.item: Any = item if item is not NO_ITEM or outer is None else outer.item
        self.label: str | None = label if label is not None or outer is None else outer.label
        self.stopping: bool = outer.stopping if outer is not None else False
        self.outcomes: dict[str, Outcome] = {}
        self.results: dict[str, Mapping[str, Any]] = {}
        self.visible: Mapping[str, Mapping[str, Any]] = (
            self.results if outer is None else ChainMap(self.results, *_maps(outer.visible))
        )
        self.steps: dict[str, Step] = {}
        self._waiting = {activity.name: len(activity.depends_on) for activity in graph.activities}

    def begin(self) -> None:
        """Start every activity that waits for none; an empty graph is over at once."""
        for activity in self.graph.activities:
            if not activity.depends_on:
                self.run.later(partial(self._decide, activity))
        if not self.graph.activities:
            self.run.later(self._close)

    def stop(self) -> None:
        """Start nothing more and stop what is under way; the frame still closes, once all of that is over."""
        self.stopping = True
        for step in list(self.steps.values()):
            step.stop()

    def settled(self, step: Step, outcome: Outcome) -> None:
        """A step is over: note it, decide about those who waited for it, close when it was the last."""
        name = step.definition.name
        self.outcomes[name] = outcome
        self.results[name] = step.view()
        self.steps.pop(name, None)
        for dependent in self.graph.dependents[name]:
            self._waiting[dependent.name] -= 1
            if not self._waiting[dependent.name]:
                self.run.later(partial(self._decide, dependent))
        if len(self.outcomes) == len(self.graph.activities):
            self.run.later(self._close)

    def culprits(self) -> list[str]:
        """The activities that make this graph fail, none when it succeeded."""
        return culprits(self.graph, self.outcomes)

    def error_of(self, name: str) -> str:
        """The message of a failed activity of this frame."""
        error = self.results[name].get("Error")
        return str(error["message"]) if error else ""

    def _decide(self, activity: ActivityDefinition) -> None:
        step = Step(activity, self)
        if self.stopping:
            self.settled(step, Outcome.SKIPPED)
        elif not conditions_met(activity, self.outcomes):
            step.skip()
        else:
            self.steps[activity.name] = step
            step.start()

    def _close(self) -> None:
        if self.owner is None:
            self.run.graph_finished(self)
            return
        if self.owner.definition.lets_look_inside:
            self.owner.frame.results.update(self.results)
        self.owner.frame_closed(self)


def _maps(visible: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    return visible.maps if isinstance(visible, ChainMap) else [visible]
