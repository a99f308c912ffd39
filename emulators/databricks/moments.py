"""Moments as Databricks writes them: milliseconds since 1970."""

from datetime import datetime


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds of an aware moment."""
    return int(moment.timestamp() * 1000)
