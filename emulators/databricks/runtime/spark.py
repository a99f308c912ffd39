"""The Spark driver as the local cloud sees it: a child process that is started, asked and ended."""

from emulators.databricks.runtime.settings import RuntimeSettings


class SparkDriver:
    """One warm Spark driver in a child process."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._settings = settings

    async def start(self) -> None:
        """Start Spark unless it runs; seconds the first time, nothing afterwards."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End Spark and everything it started; safe to call twice."""
        raise NotImplementedError

    async def cancel_job_group(self, job_group: str) -> None:
        """Cancel every Spark job of that run."""
        raise NotImplementedError
