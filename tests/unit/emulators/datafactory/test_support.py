"""The support table: every row is of the code, has its idea and its witness, and the witness knows it."""

import json
import re
from pathlib import Path

import pytest

from emulators.datafactory.data.sql.kinds import SQL_DATABASES, TABLES
from emulators.datafactory.support import WITNESSES, Support, support_table

ROOT = Path(__file__).parents[4]
ROWS = support_table()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.area} {row.name}")
def test_every_row_has_its_witness(row: Support) -> None:
    witness = (ROOT / row.witness).read_text("utf-8")
    if row.area == "operation":
        assert "def test_an_operation_is_answered_or_refused_by_name" in witness
    elif row.area == "function":
        assert row.name in json.loads(witness), "the compliance cases are by function"
    elif row.name in TABLES or row.name in SQL_DATABASES:
        assert '@pytest.mark.parametrize("name", TABLES)' in witness, "it asks for all that there are"
    else:
        assert re.search(rf"\b{row.name}\b", witness)
    assert row.idea or row.area == "operation"


def test_the_areas_are_whole() -> None:
    found = {area: sum(row.area == area for row in ROWS) for area in dict.fromkeys(row.area for row in ROWS)}
    assert list(found) == ["activity", "trigger", "linked service", "dataset", "function", "operation"]
    assert found["function"] >= 84, "all that the documentation lists"
    assert found["operation"] > 90


def test_no_witness_is_left_over() -> None:
    assert set(WITNESSES) <= {row.name for row in ROWS}
