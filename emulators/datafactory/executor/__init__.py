"""Drives the pure engine in an asyncio loop: keeps its time, runs its activities, tells observers what changed."""

from emulators.datafactory.executor.executor import Executor, RunObserver

__all__ = ["Executor", "RunObserver"]
