"""`display` and `displayHTML`: what a notebook shows, as text in the run's log."""

from typing import Any

from pyspark.sql import DataFrame

_ROWS = 1000  # a notebook shows the first thousand rows


def display(value: Any = None, *args: Any, **kwargs: Any) -> None:
    """Show a DataFrame (Spark or pandas) as a table, anything else as `print` does.

    Chart options are accepted and not drawn.
    """
    if isinstance(value, DataFrame):
        if value.isStreaming:
            raise NotImplementedError("display of a streaming DataFrame is not supported: write it to a sink.")
        value.show(_ROWS, truncate=False)
    elif hasattr(value, "to_string") and hasattr(value, "columns"):
        print(value.to_string(max_rows=_ROWS))
    elif value is not None:
        print(value)


def display_html(html: str) -> None:
    """Show HTML as its source."""
    print(html)
