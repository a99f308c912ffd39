"""The scope in which all compliance cases are evaluated: one context, a clock that stands still, no chance."""

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory.expressions import Scope

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    """The context document of the cases."""
    document: dict[str, Any] = json.loads((FOLDER / "context.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def scope(context: dict[str, Any]) -> Scope:
    """The context as a scope. GUIDs are all one, random numbers the lowest allowed."""
    now = datetime.fromisoformat(context["now"])
    return Scope(
        pipeline=context["pipeline()"],
        variables=context["variables"],
        activities=context["activities"],
        now=lambda: now,
        guid=lambda: uuid.UUID(int=1),
        random=lambda low, _high: low,
    )
