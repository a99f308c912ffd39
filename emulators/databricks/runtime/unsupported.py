"""What the runtime does not do says so by name: one error for all of it."""


class UnsupportedError(NotImplementedError):
    """Databricks has this and Drydock does not; the message names it and what to do instead or what to add."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} is not supported by Drydock's Databricks runtime. {advice}")
