"""The features, each scenario a test. They share one cloud, so one worker runs them all."""

from pathlib import Path

import pytest
from pytest_bdd import scenarios

pytestmark = [pytest.mark.xdist_group("cloud"), pytest.mark.spark]

scenarios(str(Path(__file__).parents[2] / "features"))
