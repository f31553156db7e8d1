"""Side by side with Feast: windows that are computed while they are read, beside the same numbers stored as scalars."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import redis

from benchmarks.environments import ROOT, make, versions
from benchmarks.figures import Benchmark, Figures, figure, percentile
from benchmarks.reader import CACHE_BYTES, STALE_AFTER_MS, Request, must_be_present
from benchmarks.shard import ENTITIES, NS, fill, shard
from benchmarks.timing import set_up, times
from benchmarks.world import World
from millpond.plan.clock import now_ms
from millpond.plan.errors import MillpondError
from millpond.serve import OpenSet, Reader

ENVIRONMENT: Final = ROOT / ".venv-feast"
PACKAGES: Final = ("feast", "redis", "hiredis", "protobuf", "numpy")
# Its fastest, as tried with this version: `client: glide` was no faster for one vector, and slower for 100; a registry
# that is never looked at again keeps what a feature service means resolved. `precompute_online` is for one entity only.
SETTINGS: Final[dict[str, Any]] = {
    "project": "beside",
    "provider": "local",
    "online_store": {"type": "redis", "client": "redis"},
    "registry": {"cache_ttl_seconds": 0},
    "offline_store": {"type": "file"},
    "entity_key_serialization_version": 3,
}
NAMES: Final = ("card", "merchant", "device")
ROUNDS: Final = 20
MANY: Final = 100
CALLS: Final = {1: (1_000, 100), MANY: (20, 2)}  # by requests a call: of each in a round, and before they count
FEAST: Final = "feast_"
TIMEOUT_MS: Final = 5_000  # a read that gives up would be slow, never fast

Entities = dict[str, dict[str, list[float]]]
"""By entity, the scalars by feature, one an instance."""

Took = dict[int, list[list[float]]]
"""By requests a call, us of each call of each round."""


def beside() -> dict[str, str]:
    """Make the environment, and tell what is in it and how it is set.

    Raises:
        MillpondError: it was not made.
    """
    make("feast", mend="see above, or name the benchmarks to run: ONLY=reader")
    return {**versions(ENVIRONMENT, PACKAGES), "settings": json.dumps(SETTINGS)}


def run(world: World) -> Figures:
    """Slices in turn, of single vectors and of many a call."""
    with (
        shard() as address,
        shard() as theirs,
        Reader.connect(address, ns=NS, stale_after_ms=STALE_AFTER_MS) as reader,
        Reader.connect(address, ns=NS, stale_after_ms=STALE_AFTER_MS, cache_bytes=CACHE_BYTES) as caching,
    ):
        client, at = redis.Redis.from_url(address), now_ms()
        fill(client, world.pool, now=at)
        client.close()
        fraud, cached = (one.open("payments.fraud", version=1) for one in (reader, caching))
        entities = _scalars(fraud, at)
        with _peer(theirs, entities, at) as ask:
            draw = random.Random(2)
            requests: list[Request] = [
                {f"{name}_id": f"{name}-{draw.randrange(ENTITIES)}" for name in NAMES} for _ in range(1_000)
            ]
            for one in (fraud, cached, cached):  # read anew, and recalled
                _must_be_equal(one, requests, at, ask("values", requests=requests))
            with set_up():
                took = _in_turn(world, {"": fraud, "cached_": cached}, requests, ask)
    return _figures(took)


def _in_turn(
    world: World, ours: dict[str, OpenSet], requests: list[Request], ask: Callable[..., Any]
) -> dict[str, Took]:
    """Ours and Feast's, by what the names of their figures begin with."""
    many = [requests[i : i + MANY] for i in range(0, len(requests), MANY)]

    def our_times(fraud: OpenSet, size: int) -> list[float]:
        must_be_present(fraud, requests[0])
        calls, warm_up = CALLS[size]
        if size == 1:
            return times(
                lambda n: fraud.read(requests[n % len(requests)], timeout_ms=TIMEOUT_MS).values, calls, warm_up=warm_up
            )
        return times(
            lambda n: [v.values for v in fraud.read_many(many[n % len(many)], timeout_ms=TIMEOUT_MS)],
            calls,
            warm_up=warm_up,
        )

    def feast_times(size: int) -> list[float]:
        calls, warm_up = CALLS[size]
        found: list[float] = ask("times", requests=requests, size=size, count=calls, warm_up=warm_up)
        return found

    sides: list[tuple[str, Callable[[int], list[float]]]] = [
        *((whose, partial(our_times, fraud)) for whose, fraud in ours.items()),
        (FEAST, feast_times),
    ]
    took: dict[str, Took] = {whose: {size: [] for size in CALLS} for whose, _ in sides}
    for i in range(1, ROUNDS + 1):
        for size in CALLS:
            for whose, measure in sides:
                took[whose][size].append(measure(size))
        sides.reverse()
        told = ", ".join(
            f"{size} a call " + ", ".join(f"{percentile(one[size][-1], 50):,.0f}" for one in took.values()) + " us"
            for size in CALLS
        )
        world.say(f"  round {i} of {ROUNDS}: p50 of the Reader, with a cache, and Feast, {told}")
    return took


def _figures(took: dict[str, Took]) -> Figures:
    figures: Figures = {}
    for whose, its_own in took.items():
        figures |= {
            f"{whose}p50_us": figure([percentile(one, 50) for one in its_own[1]], "us"),
            f"{whose}p99_us": figure([percentile(one, 99) for one in its_own[1]], "us"),
            f"{whose}vectors_per_second": figure([1e6 * len(one) / sum(one) for one in its_own[1]], "vectors/s"),
            f"{whose}{MANY}_a_call_p50_ms": figure([percentile(one, 50) / 1e3 for one in its_own[MANY]], "ms"),
        }
    feasts = took.pop(FEAST)
    for whose, ours in took.items():
        pairs = {size: list(zip(ours[size], feasts[size], strict=True)) for size in CALLS}
        figures |= {
            f"{whose}p50_over_feasts": figure([percentile(a, 50) / percentile(b, 50) for a, b in pairs[1]]),
            f"{whose}times_feasts_throughput": figure([sum(b) / sum(a) for a, b in pairs[1]]),
            f"{whose}times_feasts_throughput_{MANY}_a_call": figure([sum(b) / sum(a) for a, b in pairs[MANY]]),
        }
    return figures


def _scalars(fraud: OpenSet, at: int) -> Entities:
    """What the set gives of every entity at an instant, for Feast to store."""
    requests: list[Request] = [{f"{name}_id": f"{name}-{i}" for name in NAMES} for i in range(ENTITIES)]
    entities: Entities = {name: {} for name in NAMES}
    for vector in fraud.read_many(requests, as_of=at, timeout_ms=60_000):
        for name, value in _as_scalars(vector.as_dict()).items():
            entities[name.partition("__")[0]].setdefault(name, []).append(value)
    return entities


def _as_scalars(values: dict[str, Any]) -> dict[str, float]:
    """Flat names, and money as doubles."""
    return {name.replace(".", "__"): float(v) if isinstance(v, Decimal) else v for name, v in values.items()}


def _must_be_equal(fraud: OpenSet, requests: list[Request], at: int, theirs: dict[str, list[float]]) -> None:
    """Every value of every request.

    Raises:
        MillpondError: one differs, or is null.
    """
    for i, vector in enumerate(fraud.read_many(requests, as_of=at, timeout_ms=60_000)):
        ours = _as_scalars(vector.as_dict())
        feasts = {name: theirs[name][i] for name in ours}
        if None in ours.values() or ours != feasts:
            raise MillpondError(
                f"{ours} is not {feasts}", where=f"{requests[i]}", mend="what is compared must be equal"
            )


@contextmanager
def _peer(address: str, entities: Entities, at: int) -> Iterator[Callable[..., Any]]:
    """Asks Feast's process, which has stored the scalars in the store at an address."""
    argv = [str(ENVIRONMENT / "bin" / "python"), "-W", "ignore", "-m", "benchmarks.feast_process"]
    with subprocess.Popen(argv, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None, "they are pipes"

        def told(line: dict[str, Any]) -> Any:
            assert process.stdin is not None and process.stdout is not None, "they are pipes"
            with suppress(BrokenPipeError):  # it ended, as the empty answer says
                print(json.dumps(line), file=process.stdin, flush=True)
            if not (answer := process.stdout.readline()):
                raise MillpondError("it ended", where="Feast's process", mend="see above")
            return json.loads(answer)

        told({"settings": SETTINGS, "address": urlsplit(address).netloc, "entities": entities, "at_ms": at})
        yield lambda what, **arguments: told({"ask": what, **arguments})


BENCHMARK: Final = Benchmark(
    name="feast",
    what="The Reader and Feast, each with a Valkey of its own on loopback, in one thread: the 20 features of `reader`, "
    "which the Reader computes from 327 records and Feast has stored as scalars, the same numbers (compared before). "
    "Feast is asked for a `FeatureService` and gives its protocol buffer; the Reader gives values with their statuses. "
    "`cached`: the Reader with `cache_bytes`; nothing is written meanwhile, to either store. "
    f"{ROUNDS} rounds, in turn, of {CALLS[1][0]:,} single vectors and of {CALLS[MANY][0]} calls of {MANY}; a ratio is "
    "of one round.",
    run=run,
    of_wheel=True,
    beside=beside,
)
