"""What a copy counts while it runs; its output is made of it."""

from dataclasses import dataclass


@dataclass
class Counts:
    """Bytes, files and rows. Rows are None for binary copies."""

    data_read: int = 0
    data_written: int = 0
    files_read: int = 0
    files_written: int = 0
    files_skipped: int = 0
    files_inconsistent: int = 0
    """Those of the skipped files that were not consistent."""
    rows_read: int = 0
    rows_copied: int = 0
    rows_skipped: int = 0
    tabular: bool = False
    connections: int = 1
    """How many reads, and writes, are under way at a time at most."""
