"""One run on its way: its tasks in the order their dependencies allow, each attempt from waiting to its ending."""

import asyncio

from emulators.databricks.jobs import states
from emulators.databricks.jobs.conditions import obstacle, run_ending
from emulators.databricks.jobs.interruption import Interrupted, Interruption
from emulators.databricks.jobs.records import Attempt, Run
from emulators.databricks.jobs.states import Ending, LifeCycle, State
from emulators.databricks.jobs.surroundings import Surroundings
from emulators.databricks.jobs.task_work import TaskWork
from emulators.databricks.moments import milliseconds


class Execution:
    """Drives one run to its end. `cancel` may be called at any moment."""

    def __init__(self, run: Run, around: Surroundings) -> None:
        self.run = run
        self._around = around
        self._interruption = Interruption(around.settings.clock, run.settings["timeout_seconds"])
        self._work = TaskWork(run, around, self._interruption)

    def cancel(self, ending: Ending = states.CANCELED) -> None:
        """Stop the run wherever it is; its unfinished attempts end as `ending`."""
        self._interruption.stop(ending)
        if self.run.ended:
            return
        stopping = State(LifeCycle.TERMINATING, "Cancelling run")
        for attempt in self.run.latest().values():
            if attempt.state.life_cycle is LifeCycle.RUNNING:
                attempt.move(stopping)
        self._move_run(stopping)

    async def drive(self) -> None:
        """Run all tasks, then write down how the run ended."""
        waiting = {attempt.task_key for attempt in self.run.attempts}
        active: set[asyncio.Task[None]] = set()
        try:
            while waiting or active:
                for key in self._ready(waiting):
                    waiting.discard(key)
                    active.add(asyncio.create_task(self._task(key), name=f"run {self.run.run_id} task {key}"))
                done, active = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in active:
                task.cancel()
        self._finish()

    def _ready(self, waiting: set[str]) -> list[str]:
        """The waiting tasks whose dependencies have all ended, in the order of the tasks."""
        return [
            key for key in self.run.latest() if key in waiting and all(each.state.ended for each in self._upstream(key))
        ]

    def give_up(self, ending: Ending) -> None:
        """Write an ending over everything unfinished."""
        for attempt in self.run.latest().values():
            if not attempt.state.ended:
                self._end(attempt, ending)
        if not self.run.ended:
            self.run.end_time = self._now()
            self._move_run(states.ended(ending))

    def _finish(self) -> None:
        endings = {key: each.state.ending for key, each in self.run.latest().items() if each.state.ending}
        depends_on = {key: self._dependencies(key) for key in endings}
        ending = run_ending(endings, depends_on, single=self.run.single)
        stopped = self._interruption.stop_ending
        if stopped is not None and stopped in endings.values():
            ending = stopped
        elif self._interruption.remaining() == 0 and any(each.result == "TIMEDOUT" for each in endings.values()):
            ending = states.timed_out(self._interruption.limit)
        self.run.end_time = self._now()
        self._move_run(states.ended(ending))

    async def _task(self, key: str) -> None:
        """All attempts of one task."""
        while True:
            attempt = self.run.latest()[key]
            self._end(attempt, await self._attempt(attempt))
            # no wait between these two: nobody may take the ended attempt for the task's last
            if not self._should_retry(attempt):
                return
            self._prepare_retry(attempt)

    async def _attempt(self, attempt: Attempt) -> Ending:
        if self._interruption.stop_ending is not None:
            return self._interruption.stop_ending
        upstream = [each.state.ending for each in self._upstream(attempt.task_key) if each.state.ending]
        if (blocked := obstacle(attempt.task["run_if"], upstream)) is not None:
            return blocked
        if attempt.task.get("disabled"):
            return states.DISABLED
        attempt.start_time = self._now()
        try:
            if attempt.state.life_cycle is LifeCycle.WAITING_FOR_RETRY:
                interval = attempt.task["min_retry_interval_millis"] / 1000
                await self._interruption.unless(self._around.settings.clock.sleep(interval))
            self._move(attempt, State(LifeCycle.PENDING, "Waiting for cluster"))
            return await self._with_slot(attempt)
        except Interrupted as interrupted:
            return interrupted.ending

    async def _with_slot(self, attempt: Attempt) -> Ending:
        """Wait for a place among the processes of runs. A run that a notebook started uses the place of that one:
        its starter waits for it, so waiting for a second place could last for ever."""
        slots = self._around.slots
        if self.run.started_by_notebook:
            return await self._perform(attempt)
        if slots.locked():
            self._move(attempt, states.queued("ACTIVE_RUNS_LIMIT_REACHED"))
        await self._interruption.unless(slots.acquire())
        try:
            return await self._perform(attempt)
        finally:
            slots.release()

    async def _perform(self, attempt: Attempt) -> Ending:
        def started() -> None:
            attempt.work_time = self._now()
            self._move(attempt, State(LifeCycle.RUNNING, "In run"))

        if (missing := await self._interruption.unless(self._work.obstacle(attempt))) is not None:
            return missing
        return await self._work.perform(attempt, started)

    def _should_retry(self, attempt: Attempt) -> bool:
        ending, task = attempt.state.ending, attempt.task
        if ending is None or self._interruption.stop_ending or self._interruption.remaining() == 0:
            return False
        retriable = ending.result == "FAILED" or (ending.result == "TIMEDOUT" and task["retry_on_timeout"])
        return retriable and (task["max_retries"] == -1 or attempt.number < task["max_retries"])

    def _prepare_retry(self, before: Attempt) -> None:
        self.run.attempts.append(
            Attempt(
                run_id=self._around.ids.next(),
                task=before.task,
                state=State(LifeCycle.WAITING_FOR_RETRY, "Waiting for retry"),
                number=before.number + 1,
                original_run_id=before.original_run_id or before.run_id,
            )
        )
        self._around.registry.save(self.run)

    def _dependencies(self, key: str) -> list[str]:
        return [each["task_key"] for each in self.run.latest()[key].task["depends_on"]]

    def _upstream(self, key: str) -> list[Attempt]:
        latest = self.run.latest()
        return [latest[each] for each in self._dependencies(key)]

    def _move(self, attempt: Attempt, state: State) -> None:
        attempt.move(state)
        self._show_progress()

    def _end(self, attempt: Attempt, ending: Ending) -> None:
        attempt.end_time = self._now()
        attempt.start_time = attempt.start_time or attempt.end_time
        attempt.move(states.ended(ending))
        self._show_progress()

    def _show_progress(self) -> None:
        """The run's own state while its tasks are under way: the furthest of them, and never backwards."""
        if self.run.state.life_cycle in (LifeCycle.PENDING, LifeCycle.QUEUED):
            reached = {attempt.state.life_cycle for attempt in self.run.latest().values()}
            if any(attempt.work_time for attempt in self.run.attempts):
                self.run.move(State(LifeCycle.RUNNING, "In run"))
            elif LifeCycle.QUEUED in reached:
                self.run.move(states.queued("ACTIVE_RUNS_LIMIT_REACHED"))
            else:
                self.run.move(State(LifeCycle.PENDING, "Waiting for cluster"))
        self._around.registry.save(self.run)

    def _move_run(self, state: State) -> None:
        self.run.move(state)
        self._around.registry.save(self.run)

    def _now(self) -> int:
        return milliseconds(self._around.settings.clock.now())
