"""What a copy reports: the members that its output has, by what was copied and how (names documented)."""

from dataclasses import dataclass
from typing import Any

from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.data.counts import Counts

UNITS = 4
"""`usedDataIntegrationUnits` that the service starts with."""

FILELESS = frozenset({"RestService"})
"""Types of linked services without files."""


@dataclass(frozen=True)
class CopyReport:
    """One copy that succeeded. `source` and `sink` are types of linked services, `log` what its log adds."""

    source: str
    sink: str
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
            **({} if self.source in FILELESS else {"filesRead": counts.files_read}),
            **({} if self.sink in FILELESS else {"filesWritten": counts.files_written}),
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
        """Without verification the result alone (seen)."""
        if self.verification == "NotVerified":
            return {"VerificationResult": self.verification}
        found = "Skipped" if self.counts.files_inconsistent else "None"
        return {"VerificationResult": self.verification, "InconsistentData": found}

    def _details(self, start: str, duration: int) -> dict[str, Any]:
        return {
            "source": {"type": self.source},
            "sink": {"type": self.sink},
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
