"""For Each: the body once per item, one after the other or in parallel queues.

Parallel: as many queues as `batchCount` allows (20 unless given, at most 50); the items are dealt out beforehand
and not rebalanced, each queue is worked off in order (documented). A failed iteration does not stop the others; at
the end the activity fails with the error of the iteration that failed first.
"""

from collections import deque
from typing import TYPE_CHECKING, Any

from emulators.datafactory.engine.control.container import Container, inner_failure, wrong_type
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.values import type_name

if TYPE_CHECKING:
    from emulators.datafactory.engine.frame import Frame
    from emulators.datafactory.engine.step import Step

MAX_ITEMS = 100_000
DEFAULT_BATCH = 20
MAX_BATCH = 50


class ForEach(Container):
    def __init__(self, step: "Step") -> None:
        super().__init__(step)
        self._queues: dict[Frame, deque[tuple[int, Any]]] = {}
        self._error: ActivityError | None = None
        recovery = step.frame.recovery
        self._earlier_items = recovery.items(step.definition) if recovery is not None else ()

    def start(self) -> None:
        properties = self.step.definition.type_properties
        items = self.step.evaluate(properties.get("items"))
        shown: dict[str, Any] = {"items": items}
        sequential = str(self.step.evaluate(properties.get("isSequential", False))).lower() == "true"
        batch = self.step.evaluate(properties.get("batchCount"))
        shown["isSequential"] = sequential
        if batch is not None:
            shown["batchCount"] = batch
        self.step.begin(shown)
        error = self._mistake(items, batch)
        if error:
            self.step.fail(error)
        else:
            self._deal(items, 1 if sequential else int(batch or DEFAULT_BATCH))

    def frame_closed(self, frame: "Frame") -> None:
        self.open.remove(frame)
        self._error = self._error or inner_failure(frame)
        queue = self._queues.pop(frame)
        if queue and not self.stopping:
            self._next(queue)
        elif not self.open:
            self._end()

    def _deal(self, items: list[Any], batch: int) -> None:
        queues: list[deque[tuple[int, Any]]] = [deque() for _ in range(min(batch, len(items)))]
        for index, item in enumerate(items):
            queues[index % len(queues)].append((index, item))
        for queue in queues:
            self._next(queue)
        if not queues:
            self._end()

    def _next(self, queue: deque[tuple[int, Any]]) -> None:
        index, item = queue.popleft()
        graph = self.step.definition.graphs["activities"]
        frame = self.step.open_frame(
            graph, item=item, label=f"{self.step.definition.name}[{index}]", afresh=self._is_new(index, item)
        )
        self._queues[frame] = queue
        self.open.append(frame)

    def _is_new(self, index: int, item: Any) -> bool:
        """Whether this is not the iteration that an earlier run had at this place."""
        return index >= len(self._earlier_items) or bool(self._earlier_items[index] != item)

    def _end(self) -> None:
        if self.stopping:
            self.step.cancel()
        elif self._error:
            self.step.fail(self._error)
        else:
            self.step.succeed({})

    def _mistake(self, items: Any, batch: Any) -> ActivityError | None:
        if not isinstance(items, list | tuple):
            return wrong_type("foreach", self.step, type_name(items), "array")
        if len(items) > MAX_ITEMS:
            text = (
                f"For Each takes at most {MAX_ITEMS:,} items; '{self.step.definition.name}' was given {len(items):,}."
            )
            return ActivityError("InvalidTemplate", text)
        if batch is not None and not (str(batch).isdigit() and 1 <= int(batch) <= MAX_BATCH):
            return ActivityError("InvalidTemplate", f"'batchCount' must be from 1 to {MAX_BATCH}, not {batch!r}.")
        return None
