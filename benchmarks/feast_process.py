"""Feast in a process of its own, run by its own environment: it stores what it is given, and times itself reading it.

`python -m benchmarks.feast_process` answers each line of JSON with one; it ends with its input. Of this project it
imports `benchmarks.timing`, and so the standard library alone.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus
from feast.types import Float64, Int64, String

from benchmarks.timing import set_up, times

Request = dict[str, str]


class Peer:
    """A feature store filled with scalars, and its one feature service.

    Args:
        folder: for its registry.
        settings: of its `RepoConfig`, but for where registry and store are.
        address: of the store, `host:port`.
        entities: by name, the features by name, each a value an instance; instance `i` has the key `<name>-<i>`.
        at_ms: the time the values are of.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: dict[str, Any],
        address: str,
        entities: dict[str, dict[str, list[float]]],
        at_ms: int,
    ) -> None:
        settings["online_store"]["connection_string"] = address
        settings["registry"]["path"] = str(folder / "registry.db")
        self._store = FeatureStore(config=RepoConfig(**settings))
        views = [self._view(name, features, folder) for name, features in entities.items()]
        self._store.apply([FeatureService(name="fraud", features=views)])
        for name, features in entities.items():
            (count,) = {len(values) for values in features.values()}
            keys = [f"{name}-{i}" for i in range(count)]
            at = [datetime.fromtimestamp(at_ms // 1000, UTC)] * count
            self._store.write_to_online_store(name, inputs={f"{name}_id": keys, "at": at, **features})
        self._service = self._store.get_feature_service("fraud")

    def _view(self, name: str, features: dict[str, list[float]], folder: Path) -> FeatureView:
        entity = Entity(name=name, join_keys=[f"{name}_id"], value_type=ValueType.STRING)
        whole = {feature: all(isinstance(value, int) for value in values) for feature, values in features.items()}
        view = FeatureView(
            name=name,
            entities=[entity],
            # Never read: what is online was written there.
            source=FileSource(name=f"{name}_file", path=str(folder / f"{name}.parquet"), timestamp_field="at"),
            schema=[
                Field(name=f"{name}_id", dtype=String),
                *(Field(name=feature, dtype=Int64 if is_whole else Float64) for feature, is_whole in whole.items()),
            ],
        )
        self._store.apply([entity, view])
        return view

    def read(self, requests: list[Request]) -> Any:
        """The response, in Feast's fastest form: its protocol buffer."""
        return self._store.get_online_features(features=self._service, entity_rows=requests).proto

    def values(self, requests: list[Request]) -> dict[str, list[float | str]]:
        """By feature, a value a request.

        Raises:
            ValueError: a value is not present.
        """
        found = {}
        response = self.read(requests)
        for name, column in zip(response.metadata.feature_names.val, response.results, strict=True):
            if any(status != FieldStatus.PRESENT for status in column.statuses):
                raise ValueError(f"{name} is not present")
            found[name] = [getattr(value, value.WhichOneof("val")) for value in column.values]
        return found

    def times(self, requests: list[Request], *, size: int, count: int, warm_up: int) -> list[float]:
        """us of each call, of `size` requests each."""
        slices = [requests[i : i + size] for i in range(0, len(requests) - size + 1, size)]
        return times(lambda n: self.read(slices[n % len(slices)]), count, warm_up=warm_up)


def main() -> None:
    """Set up by the first line; each line after it is a question, with the name of what answers it."""
    # What Feast prints is not an answer.
    answers, sys.stdout = os.fdopen(os.dup(sys.stdout.fileno()), "w"), sys.stderr
    with TemporaryDirectory(prefix="millpond-feast-") as folder:
        peer = Peer(Path(folder), **json.loads(sys.stdin.readline()))
        ask: dict[str, Callable[..., Any]] = {"values": peer.values, "times": peer.times}
        print("null", file=answers, flush=True)
        with set_up():
            for line in sys.stdin:
                question = json.loads(line)
                print(json.dumps(ask[question.pop("ask")](**question)), file=answers, flush=True)


if __name__ == "__main__":
    main()
