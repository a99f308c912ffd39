"""From the end of a Put Blob to the pipeline run being InProgress, as a ratio to a Put Blob of the same size.

The alternative in the same run is the Put Blob itself, on the same cloud: the factory should know of a file within
a few times the time that writing it took. Prints the medians and the ratio; asserts nothing.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from drydock.clouds import fresh_local_cloud
from drydock.project import Project
from steps.cloud import Cloud
from steps.ingestion import Arrival, pipeline_run, pipeline_run_ids

_CONTAINER = "benchmark"
_PIPELINE = "noted"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--bytes", type=int, default=4096)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="drydock-bench-") as state,
        fresh_local_cloud(Project.find(), Path(state)) as cloud,
    ):
        deploy_noting_pipeline(cloud)
        measure(cloud, options.files, options.bytes)


def deploy_noting_pipeline(cloud: Cloud) -> None:
    """A pipeline that only starts, and a trigger on a container of its own."""
    group, factory = cloud.names.resource_group, cloud.names.factory
    cloud.storage.create_container(_CONTAINER)
    wait: dict[str, Any] = {"name": "Pause", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 1}}
    cloud.factory.pipelines.create_or_update(group, factory, _PIPELINE, {"properties": {"activities": [wait]}})
    (existing,) = (trigger.as_dict() for trigger in cloud.factory.triggers.list_by_factory(group, factory))
    trigger = {
        "type": "BlobEventsTrigger",
        "typeProperties": {
            "scope": existing["properties"]["typeProperties"]["scope"],
            "events": ["Microsoft.Storage.BlobCreated"],
            "blobPathBeginsWith": f"/{_CONTAINER}/blobs/",
            "ignoreEmptyBlobs": True,
        },
        "pipelines": [
            {"pipelineReference": {"referenceName": _PIPELINE, "type": "PipelineReference"}, "parameters": {}}
        ],
    }
    cloud.factory.triggers.create_or_update(group, factory, "notes", {"properties": trigger})
    cloud.factory.triggers.begin_start(group, factory, "notes").result()


def measure(cloud: Cloud, files: int, size: int) -> None:
    """Write files one after the other, long enough apart that each is alone."""
    writing, noticing = [], []
    content = b"x" * size
    for number in range(files):
        blob = cloud.storage.get_blob_client(_CONTAINER, f"{number}.bin")
        begun = time.perf_counter()
        blob.upload_blob(content)
        written = datetime.now(UTC)
        writing.append(time.perf_counter() - begun)
        noticing.append((_started(cloud, f"{number}.bin", written) - written).total_seconds())
    put, notice = statistics.median(writing), statistics.median(noticing)
    Console().print(
        f"{files} files of {size} bytes, medians: Put Blob {put * 1000:.1f} ms, "
        f"from its end to InProgress {notice * 1000:.1f} ms, ratio {notice / put:.2f}"
    )


def _started(cloud: Cloud, name: str, since: datetime) -> datetime:
    arrival = Arrival("", name, 0, since)
    names = replace(cloud.names, input_container=_CONTAINER, pipeline=_PIPELINE)
    renamed = replace(cloud, names=names)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for run_id in pipeline_run_ids(renamed, arrival):
            started = pipeline_run(cloud, run_id).run_start
            if started is not None:
                return started
        time.sleep(0.05)
    raise TimeoutError(f"no pipeline run for {name}")


if __name__ == "__main__":
    main()
