"""The materializer on real parts: whatever happens to it or to the store, every record ends as the topics say."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from millpond.store import suspects
from millpond.store.keys import fragment_freshness_field, freshness_key, topic_freshness_field
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.integration.tile_world import LEVEL, PARTITIONS, World, grown, world
from tests.unit.materialize.sample import job

ROWS = 1_200  # a fragment
RATE = 600.0  # a second, all fragments
SESSION_S = 10.0  # a member that is silent for longer has lost its partitions


@pytest.fixture
def here(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path) as made:
        yield made


# --- faults in mid-stream -------------------------------------------------------------------------------------------


def killed(here: World) -> None:
    here.processes[-1].kill()
    here.start()


def emptied(here: World) -> None:
    here.store.client.flushall()


def emptied_and_killed(here: World) -> None:
    # The second loss falls into the rebuild that follows the first.
    here.store.client.flushall()
    until(lambda: sum(here.applied().values()) > 0)
    here.store.client.flushall()
    here.processes[-1].kill()
    here.start()


def restored_from_an_older_snapshot(here: World) -> None:
    before = sum(here.applied().values())
    here.store.client.save()
    until(lambda: sum(here.applied().values()) > before + 100)
    here.store.kill()
    time.sleep(2)
    here.store.start()
    assert sum(here.applied().values()) < before + 100


def frozen_and_thawed(here: World) -> None:
    (zombie,) = here.processes
    zombie.signal(signal.SIGSTOP)
    here.start()
    stands = sum(here.applied().values())
    until(lambda: sum(here.applied().values()) > stands, within_s=3 * SESSION_S, what="nobody took over")
    zombie.signal(signal.SIGCONT)


def joined_and_left(here: World) -> None:
    first = here.processes[0]
    second = here.start()
    until(lambda: second.said("continues at"), what="the second got nothing")
    time.sleep(1)
    first.leave()


@pytest.mark.parametrize(
    ("fault", "rewinds"),
    [
        (killed, False),
        (emptied, True),
        (emptied_and_killed, False),
        (restored_from_an_older_snapshot, True),
        (frozen_and_thawed, False),
        (joined_and_left, False),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_every_record_ends_as_the_topics_say(here: World, fault: Callable[[World], None], *, rewinds: bool) -> None:
    process = here.start()
    until(lambda: process.said("continues at"))
    failures: list[BaseException] = []
    fault_at = ROWS // 3
    struck = threading.Thread(target=_strike, args=(here, fault, failures))
    for step in here.stream(seed=ROWS, count=ROWS, rate=RATE):
        if step == fault_at:
            here.tombstone(here.job.fragments[0], grown("c:1", LEVEL["tiles_short"], 1, 1))
            struck.start()
    struck.join()
    assert not failures, failures
    here.drained()
    assert here.held() == here.expected()
    alive = [process for process in here.processes if process.popen.poll() is None]
    for process in alive:
        process.leave()
    for refusal in ("older_tile", "smaller_n", "greater_first", "tombstones"):
        assert here.counter(refusal) > 0, refusal
    assert (here.counter("rewinds") > 0) >= rewinds
    assert here.held() == here.expected()


def _strike(here: World, fault: Callable[[World], None], failures: list[BaseException]) -> None:
    try:
        until(lambda: sum(here.applied().values()) > 0)
        fault(here)
    except BaseException as failure:  # noqa: BLE001  told by the test's own thread
        failures.append(failure)


def test_a_worse_row_that_ends_a_key_gets_the_better_row_behind_it_whoever_comes_to_know(here: World) -> None:
    """What a TaskManager does that was frozen, replaced and thawed: see docs/faults.md.

    The process that read the worse row dies at once; the next one has the store's record only, never the row.
    """
    fragments = [(f, grown("c:1", LEVEL[f.kind], 5, 9), grown("c:1", LEVEL[f.kind], 5, 4)) for f in here.job.fragments]
    passing = grown("c:2", LEVEL[here.job.fragments[0].kind], 5, 6)
    first = here.start()
    for fragment, better, worse in fragments:
        here.write(fragment, better)
        here.write(fragment, worse)
    here.write(here.job.fragments[0], passing)
    here.write(here.job.fragments[0], replace(passing, n=2))
    here.drained()
    until(lambda: len(suspects.read(here.store.client, here.ns)) == len(fragments) + 1)
    first.kill()

    second = here.start()
    here.write(here.job.fragments[0], replace(passing, n=7))  # as after a recovery: nothing is left to mend
    here.flush()
    until(lambda: suspects.read(here.store.client, here.ns) == [], within_s=90, what="not mended")
    assert here.counter("mended") == len(fragments)
    for fragment, better, _ in fragments:
        assert here.last_row(fragment, better) == better.value
    assert here.last_row(here.job.fragments[0], passing)["n"] == 7
    assert here.held() == here.expected()
    second.leave()


# --- without faults -------------------------------------------------------------------------------------------------


def test_every_key_has_a_time_to_live(here: World) -> None:
    here.start()
    for _ in here.stream(seed=1, count=20, rate=10_000):
        pass
    here.drained()
    assert here.held() == here.expected()
    client = here.store.client
    assert all(client.pttl(key) > 0 for key in client.scan_iter(match=f"{here.ns}.*"))


def test_no_fragment_is_fresh_before_a_checkpoint_has_its_source_and_the_store_its_topic(here: World) -> None:
    source = here.job.source.topic
    fragments = {fragment_freshness_field(f.topic(here.ns)) for f in here.job.fragments}
    parts = {topic_freshness_field(f.topic(here.ns), p) for f in here.job.fragments for p in range(PARTITIONS)}
    for _ in range(3):
        here.produce(source, None, b"event", partition=0)
    here.flush()
    here.commit(0, 2)
    process = here.start()
    until(lambda: here.freshness().keys() == parts)
    time.sleep(2)
    assert here.freshness().keys() == parts  # no checkpoint holds the record at offset 2

    here.commit(0, 3)
    until(lambda: here.freshness().keys() == parts | fragments)
    asked = int(time.time() * 1000)
    until(lambda: all(here.freshness()[field] > asked for field in fragments), within_s=10)

    process.signal(signal.SIGSTOP)
    time.sleep(2)
    stands = here.freshness()
    time.sleep(2)
    assert here.freshness() == stands
    process.signal(signal.SIGCONT)
    until(lambda: all(here.freshness()[field] > stands[field] for field in fragments), within_s=20)

    here.store.client.delete(freshness_key(here.ns))  # of an emptied store nothing is known
    until(lambda: here.freshness().keys() == parts | fragments)
    process.leave()


def test_jobs_are_picked_up_and_dropped_while_running(here: World) -> None:
    process = here.start()
    (short, *_) = here.job.fragments
    here.write(short, grown("c:1", LEVEL["tiles_short"], 5, 1))
    here.drained()
    later = job("shop.sales.later", source=here.job.source.topic, generation=2)
    here.create(later)
    here.write(later.fragments[0], grown("c:1", LEVEL["tiles_short"], 5, 9))
    here.flush()
    until(lambda: here.held() == here.expected(), within_s=30)

    here.records.end(here.job)
    until(lambda: process.said("removed ['shop.sales.0123abcd']"))
    dropped = here.applied()
    here.write(short, grown("c:1", LEVEL["tiles_short"], 5, 2))
    here.write(later.fragments[0], grown("c:1", LEVEL["tiles_short"], 5, 10))
    here.flush()
    until(lambda: here.applied() != dropped, within_s=30)
    time.sleep(1)
    ours = {field: offset for field, offset in here.applied().items() if ".g1:" in field}
    assert ours == {field: offset for field, offset in dropped.items() if ".g1:" in field}
    process.leave()


def test_a_record_that_is_no_tile_stops_the_process_and_is_named(here: World) -> None:
    process = here.start()
    topic = here.job.fragments[0].topic(here.ns)
    here.produce(topic, b"key", b"not a tile", partition=1)
    here.flush()
    assert process.popen.wait(30) == 2
    assert process.said(f"error: {topic}[1] at offset 0: the record cannot be read")
    assert here.applied()[f"{topic}:1"] == 0


def test_a_store_outage_is_waited_out(here: World) -> None:
    process = here.start()
    stream = here.stream(seed=2, count=600, rate=RATE)
    for step in stream:
        if step == 200:
            here.store.freeze()
        if step == 400:
            here.store.thaw()
    here.drained()
    assert here.held() == here.expected()
    process.leave()


def test_a_stop_is_heard_while_the_store_is_away(here: World) -> None:
    process = here.start()
    until(lambda: process.said("continues at"))
    here.store.kill()
    here.write(here.job.fragments[0], grown("c:1", LEVEL["tiles_short"], 5, 1))
    here.flush()
    until(lambda: process.said("writing to the store fails"))
    process.leave()
    here.store.start()
    here.start()
    here.drained()
    assert here.held() == here.expected()
