"""What a copy reports: the members that its output has, by what was copied and how (names documented)."""

from dataclasses import dataclass
from typing import Any

from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.data.counts import Counts

UNITS = 4
"""`usedDataIntegrationUnits` that the service starts with."""


@dataclass(frozen=True)
class End:
    """One end of a copy by the type of its linked service."""

    type: str
    has_files: bool = True
    stand_in: bool = False

    def told(self) -> dict[str, str]:
        """The end as the details name it. A stand-in is not where it seems to be, and says so where a region would."""
        return {"type": self.type, **({"region": "local stand-in (SQLite)"} if self.stand_in else {})}


@dataclass(frozen=True)
class CopyReport:
    """One copy that succeeded. `log` is what its log adds."""

    source: End
    sink: End
    counts: Counts
    log: dict[str, str]
    skips_rows: bool
    verification: str
    """`Verified`, `NotVerified` or `Unsupported`."""

    def output(self, integration_runtime: str, start: str, seconds: float) -> dict[str, Any]:
        """The whole output; `start` as a timestamp, `seconds` of the copy."""
        counts, duration = self.counts, max(1, round(seconds))
        output: dict[str, Any] = {
            "dataRead": counts.data_read,
            "dataWritten": counts.data_written,
            **({"filesRead": counts.files_read} if self.source.has_files else {}),
            **({"filesWritten": counts.files_written} if self.sink.has_files else {}),
            "sourcePeakConnections": counts.connections,
            "sinkPeakConnections": counts.connections,
            **({"filesSkipped": counts.files_skipped} if counts.files_skipped else {}),
            **self._rows(),
            "copyDuration": duration,
            "throughput": round(counts.data_read / 1024 / max(seconds, 0.001), 3),
            "errors": [],
            **self.log,
            "usedDataIntegrationUnits": UNITS,
            "usedParallelCopies": counts.connections,
            "executionDetails": [self._details(start, duration)],
            "dataConsistencyVerification": self._consistency(),
        }
        whole = with_tail(output, integration_runtime, seconds)
        del whole["executionDuration"]  # a copy has `copyDuration`
        hours = round(UNITS * duration / 3600, 16)
        whole["billingReference"] = {
            "activityType": "DataMovement",
            "billableDuration": [{"meterType": "AzureIR", "duration": hours, "unit": "DIUHours"}],
        }
        return whole

    def _rows(self) -> dict[str, int]:
        counts = self.counts
        if not counts.tabular:
            return {}
        skipped = {"rowsSkipped": counts.rows_skipped} if self.skips_rows else {}
        return {"rowsRead": counts.rows_read, "rowsCopied": counts.rows_copied, **skipped}

    def _consistency(self) -> dict[str, str]:
        """Without verification the result alone (assumed)."""
        if self.verification == "NotVerified":
            return {"VerificationResult": self.verification}
        found = "Skipped" if self.counts.files_inconsistent else "None"
        return {"VerificationResult": self.verification, "InconsistentData": found}

    def _details(self, start: str, duration: int) -> dict[str, Any]:
        return {
            "source": self.source.told(),
            "sink": self.sink.told(),
            "status": "Succeeded",
            "start": start,
            "duration": duration,
            "usedDataIntegrationUnits": UNITS,
            "usedParallelCopies": self.counts.connections,
            "profile": {
                "queue": {"status": "Completed", "duration": 0},
                "transfer": {"status": "Completed", "duration": duration},
            },
            "detailedDurations": {"queuingDuration": 0, "transferDuration": duration},
        }
