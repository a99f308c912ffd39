"""Rows into a table of a database: a transaction for each batch, or a merge of them all.

A copy that fails or is cancelled leaves the batches that were committed before, as the real service does; a failure
says how many rows these are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.rows import Output, Part, Work
from emulators.datafactory.data.settings import Settings
from emulators.datafactory.data.sql.errors import failures_at
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.data.sql.session import session
from emulators.datafactory.data.sql.sink_settings import SinkSettings
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.data.sql.table_output import TableOutput
from emulators.datafactory.data.sql.tables import TableName


@dataclass(frozen=True)
class SqlTable:
    """The table that a dataset and the `sink` of a copy describe."""

    stand_in: StandIn
    name: TableName
    dataset: str
    settings: SinkSettings

    @classmethod
    def read(cls, stand_in: StandIn, dataset: Dataset, settings: Settings) -> "SqlTable":
        """Read the settings; raises InvalidSettings, Unsupported."""
        kind = TABLES[dataset.type]
        if not kind.sinks:
            raise InvalidSettings(f"A database of type {kind.linked_service} is no sink (documented).", "Sink")
        name = TableName.read(dataset, "Sink")
        if name is None:
            raise InvalidSettings(f"The dataset '{dataset.name}' names no table to copy into.", "Sink")
        return cls(stand_in, name, dataset.name, SinkSettings.read(kind, stand_in, settings))

    takes_documents = False
    takes_text = False

    def outputs(self, parts: Iterator[Part], work: Work) -> Iterator[tuple[Output, Iterable[Part]]]:
        """All parts go into the one table, behind what the script does that runs before (documented: once)."""
        if self.settings.script:
            with failures_at("Sink"), session(self.stand_in, work.check) as opened:
                opened.run(self.settings.script, {}, seconds=self.settings.limit, max_rows=0)
        yield TableOutput(self.stand_in, self.name, self.dataset, self.settings, work), parts
