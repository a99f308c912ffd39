"""The environment of a step's process: what Azure ML tells a script about its run, and nothing of ours besides.

The machine's own variables are let through by name only, so that no secret of the host process reaches a script.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulators.azureml.runs import PipelineRun, StepRun

_SHIM = Path(__file__).parent / "shim"

_LET_THROUGH = frozenset(
    {
        "HOME",
        "LANG",
        "LD_LIBRARY_PATH",
        "PATH",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "USER",
        "VIRTUAL_ENV",
    }
)
_LET_THROUGH_ENDINGS = ("_NUM_THREADS",)
_LET_THROUGH_BEGINNINGS = ("LC_",)


@dataclass(frozen=True)
class Workspace:
    """Where a script's run belongs to, and the address its run history answers at."""

    address: str
    subscription_id: str
    resource_group: str
    name: str
    ca_bundle: Path


def step_environment(workspace: Workspace, run: PipelineRun, step: StepRun, token: str) -> dict[str, str]:
    """The variables of a step's process. The names are those of Azure ML; `azureml.core` on the path is our shim."""
    return {
        **_inherited(os.environ),
        "AZUREML_RUN_ID": step.id,
        "AZUREML_ROOT_RUN_ID": run.id,
        "AZUREML_RUN_TOKEN": token,
        "AZUREML_EXPERIMENT_NAME": run.request.experiment,
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription_id,
        "AZUREML_ARM_RESOURCEGROUP": workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_ARM_PROJECT_NAME": run.request.experiment,
        "AZUREML_SERVICE_ENDPOINT": workspace.address,
        "AZUREML_RUN_HISTORY_SERVICE_ENDPOINT": workspace.address,
        "PYTHONPATH": str(_SHIM),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "REQUESTS_CA_BUNDLE": str(workspace.ca_bundle),
        "SSL_CERT_FILE": str(workspace.ca_bundle),
    }


def _inherited(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if name in _LET_THROUGH or name.startswith(_LET_THROUGH_BEGINNINGS) or name.endswith(_LET_THROUGH_ENDINGS)
    }
