"""A stack that is looked after: what dies or freezes comes back, jobs go on, and the doctor says how it is."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
import pytest

from millpond.algebra.replay import accepted, replay
from millpond.cli.doctor import part_facts
from millpond.control.cluster import FlinkCluster
from millpond.control.deploy import deploy
from millpond.control.doctor import Finding, diagnose
from millpond.control.examine import examine
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from millpond.plan.compiled import load_compiled
from millpond.plan.errors import DeployError
from millpond.serve import Reader
from tests.integration.deployed import all_of, drained
from tests.integration.flink_world import produce, register
from tests.integration.test_whole_path import CUSTOMERS, PARTITIONS, records, sales, told
from tests.unit.define.sample import RIGHT

# Generous: other tests and other builds share the machine.
BACK_WITHIN_S: Final = 240.0
UNRESPONSIVE_AFTER_S: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A stack that is looked after, with a job and a materializer on it."""

    stack: Stack
    settings: Settings
    job_id: str

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Look after the stack until something holds."""
        deadline = time.monotonic() + BACK_WITHIN_S
        while not holds():
            self.stack.check()
            assert time.monotonic() < deadline, f"{what}: {self.findings()}"
            time.sleep(0.1)

    def restarts(self, part: str) -> int:
        return next(each.restarts for each in self.stack.state().parts if each.name == part)

    def back(self, part: str) -> bool:
        phases = {each.name: (each.phase, each.restarts) for each in self.stack.state().parts}
        return phases[part] == ("ready", 1)

    def findings(self) -> list[Finding]:
        run_dir = self.stack.addresses.logs.parent
        before = examine(self.settings, part_facts(run_dir))
        time.sleep(1.0)
        return diagnose(before, examine(self.settings, part_facts(run_dir), since=before))

    def well(self) -> bool:
        return not any(finding.level == "wrong" for finding in self.findings())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    run_dir = tmp_path_factory.mktemp("kept")
    with Stack.start(run_dir=run_dir, restart=True, unresponsive_after_s=UNRESPONSIVE_AFTER_S) as stack:
        found = stack.addresses.settings(Workspace.find().flink_python)
        settings = msgspec.convert({"ns": "kept", **found}, Settings)
        compiled = load_compiled(RIGHT)
        source = compiled.views[0].source
        views = tuple(view for view in compiled.views if view.source == source)
        pool = msgspec.structs.replace(compiled, views=views, sets=())
        schema = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())
        Topics(settings.kafka).create([Topic(name=source.topic, partitions=PARTITIONS, config={"retention.ms": "-1"})])
        sent = records(register(settings, f"{source.topic}-value", schema), schema, sales(time.time_ns() // 1_000_000))
        produce(settings, source.topic, sent)
        (job,) = deploy(settings, pool, start="earliest", replay=True).started
        argv = [sys.executable, "-m", "millpond.cli.main", "materialize", "--ns", "kept", "--kafka", settings.kafka]
        stack.spawn("materializer", [*argv, "--registry", settings.registry, "--store", settings.store])
        yield Kept(stack=stack, settings=settings, job_id=job.flink_job_id)


def test_the_doctor_finds_nothing_wrong_where_all_runs(kept: Kept) -> None:
    kept.until(kept.well, "all is well")


def test_a_killed_job_manager_comes_back_with_the_same_job_at_its_last_checkpoint(kept: Kept) -> None:
    cluster = FlinkCluster(kept.settings.flink)
    last = cluster.get(f"/jobs/{kept.job_id}/checkpoints")["latest"]["completed"]["id"]
    os.killpg(kept.stack.pid("jobmanager"), signal.SIGKILL)
    found = {finding.where.partition(" ")[0]: finding.what for finding in kept.findings()}
    assert "jobmanager" in found
    assert found["flink"].startswith("does not answer")

    def goes_on() -> bool:
        try:
            restored = cluster.get(f"/jobs/{kept.job_id}/checkpoints")["latest"]["restored"]
            return restored is not None and restored["id"] >= last and cluster.is_running(kept.job_id)
        except DeployError as silent:
            # It is not up yet, or does not know the job yet; a job that failed is no recovery.
            if "the job is FAILED" in silent.what:
                raise
            return False

    kept.until(lambda: kept.back("jobmanager"), "the JobManager is back")
    kept.until(goes_on, "the job goes on")
    kept.until(kept.well, "all is well again")


@pytest.mark.parametrize("part", ["taskmanager", "materializer"])
def test_a_frozen_part_is_replaced_and_the_pool_recovers(kept: Kept, part: str) -> None:
    kept.stack.freeze(part)
    kept.until(lambda: kept.restarts(part) == 1, "the frozen one is killed")
    kept.until(lambda: kept.back(part), "its successor serves")
    kept.until(kept.well, "all is well again")
    assert kept.restarts("jobmanager") == 1


def test_what_tiles_keep_of_events_and_values_is_restored_from_a_checkpoint(kept: Kept) -> None:
    compiled = load_compiled(RIGHT)
    views = tuple(view for view in compiled.views if view.name in ("habits", "profile"))
    (source,) = {view.source.name: view.source for view in views}.values()
    schema = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())
    Topics(kept.settings.kafka).create([Topic(name=source.topic, partitions=PARTITIONS, config={"retention.ms": "-1"})])
    now = time.time_ns() // 1_000_000
    events = sales(now)
    schema_id = register(kept.settings, f"{source.topic}-value", schema)
    # Every other event, so that what comes after the restart is of the same tiles.
    first, second = (records(schema_id, schema, [*events[half:-1:2], events[-1]]) for half in (0, 1))
    produce(kept.settings, source.topic, first)
    pool = msgspec.structs.replace(compiled, views=views, sets=tuple(map(all_of, views)))
    (job,) = deploy(kept.settings, pool, start="earliest", replay=True).started
    drained(kept.settings, job)

    restarts = kept.restarts("taskmanager")
    os.killpg(kept.stack.pid("taskmanager"), signal.SIGKILL)
    kept.until(lambda: kept.restarts("taskmanager") > restarts and kept.well(), "the TaskManager is back")
    produce(kept.settings, source.topic, second)
    drained(kept.settings, job)

    restored = FlinkCluster(kept.settings.flink).get(f"/jobs/{job.flink_job_id}/checkpoints")["latest"]["restored"]
    assert restored is not None
    known = told(events, views)
    customers = [f"c{number}:{{é}}" for number in range(CUSTOMERS)]
    with Reader.connect(kept.settings.store, ns=kept.settings.ns) as reader:
        for view in views:
            opened = reader.open(f"shop.all_of_{view.name}", version=view.version)
            vectors = opened.read_many([{"customer_id": one} for one in customers], as_of=now, timeout_ms=5_000)
            for customer, vector in zip(customers, vectors, strict=True):
                wanted = replay(view, accepted(view, known), (customer,), now)
                for feature, got in zip(view.features, vector.computed, strict=True):
                    value = wanted[feature.name]
                    is_double = isinstance(value, float)
                    assert got == (pytest.approx(value, rel=1e-9) if is_double else value), (customer, feature.name)
