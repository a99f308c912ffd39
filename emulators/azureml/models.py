"""The model registry: a name, a version that counts up, the artifact, and the run it came from."""

from collections.abc import Mapping
from typing import Any

from emulators.azureml.errors import InvalidField, NotFound, UserError
from emulators.azureml.runs import timestamp
from emulators.kernel.clock import Clock
from emulators.kernel.store import Document, DocumentStore

_KIND = "azureml.model"


class Models:
    """Registered models; nothing registered is ever changed."""

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def register(self, run_id: str, experiment: str, body: Mapping[str, Any]) -> Document:
        """Register `{"name", "path", "tags"?, "properties"?, "description"?}` as the next version of the name."""
        name, path = body.get("name"), body.get("path")
        if not isinstance(name, str) or not name or ":" in name or "/" in name:
            raise InvalidField("name", "a text without ':' and '/'")
        if not isinstance(path, str) or not path:
            raise InvalidField("path", "the path of an artifact of the run")
        for field in ("tags", "properties"):
            if not isinstance(body.get(field) or {}, dict):
                raise InvalidField(field, "an object")
        version = 1 + sum(1 for model in self.all() if model["name"] == name)
        model: Document = {
            "id": f"{name}:{version}",
            "name": name,
            "version": version,
            "description": str(body.get("description") or ""),
            "url": f"aml://artifact/ExperimentRun/dcid.{run_id}/{path}",
            "runId": run_id,
            "experimentName": experiment,
            "createdTime": timestamp(self._clock.now()),
            "kvTags": body.get("tags") or {},
            "properties": body.get("properties") or {},
        }
        self._store.put(_KIND, model["id"], model)
        return model

    def all(self) -> list[Document]:
        """Every model, oldest first."""
        return [model for _, model in self._store.list(_KIND)]

    def get(self, key: str) -> Document:
        """The model of an id (`name:version`) or, by its name, the newest version. Raises NotFound."""
        found = [model for model in self.all() if key in (model["id"], model["name"])]
        if not found:
            raise NotFound("The model", key)
        return found[-1]


def require_artifact(exists: bool, path: str) -> None:
    """Raises UserError for a model file that the run has not."""
    if not exists:
        raise UserError(f"The run has no artifact '{path}'; write it to 'outputs/' or upload it before registering it.")
