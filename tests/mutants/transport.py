"""Faults on the way to the store: what is believed of which shard, what is tried again, and what is left unread."""

from typing import Final

from tests.mutants.mutant import Mutant

TRIPS: Final = ("tests/unit/serve/test_trips.py",)
SHARDS: Final = ("tests/unit/store/test_shards.py",)
UNIT_READING: Final = ("tests/unit/serve/test_reading.py",)
READING: Final = ("tests/integration/test_reading.py",)
CLUSTER: Final = ("tests/integration/test_cluster.py",)

TRANSPORT: Final = (
    Mutant(
        name="remembered stamps hold for another epoch",
        file="millpond/serve/freshness.py",
        old="if epoch is not None and epoch == fresh.epoch and",
        new="if epoch is not None and",
        tests=TRIPS,
    ),
    Mutant(
        name="remembered stamps hold for connections opened since",
        file="millpond/serve/freshness.py",
        old="answer.connection <= fresh.opened",
        new="answer.connection <= answer.opened",
        tests=TRIPS,
    ),
    Mutant(
        name="stamps hold though the store was emptied behind them",
        file="millpond/serve/freshness.py",
        old="certain = its_own is not None and epoch == its_own and is_placed",
        new="certain = its_own is not None and is_placed",
        tests=TRIPS,
    ),
    Mutant(
        name="stamps hold for slots that have moved in",
        file="millpond/serve/freshness.py",
        old="and epoch == its_own and is_placed",
        new="and epoch == its_own",
        tests=TRIPS,
    ),
    Mutant(
        name="what needs several shards is as fresh as the best of them",
        file="millpond/serve/trips.py",
        old="{name: min(one[name] for one in (first, *others))",
        new="{name: max(one[name] for one in (first, *others))",
        tests=TRIPS,
    ),
    Mutant(
        name="who a key is taken from does not vouch for it",
        file="millpond/serve/trips.py",
        old="(shard,) if elsewhere is None else (*self.shards[place], shard)",
        new="(shard,)",
        tests=TRIPS,
    ),
    Mutant(
        name="a broken connection is asked again for ever",
        file="millpond/serve/trips.py",
        old="if failure.is_broken and shard.address not in self._broken:",
        new="if failure.is_broken:",
        tests=TRIPS,
    ),
    Mutant(
        name="something is tried again behind the deadline",
        file="millpond/serve/trips.py",
        old="if where.timer() >= deadline:",
        new="if False:",
        tests=TRIPS,
    ),
    Mutant(
        name="a key with empty braces has the slot of nothing",
        file="millpond/store/shards.py",
        old="if end > start + 1:",
        new="if end > start:",
        tests=SHARDS,
    ),
    Mutant(
        name="a connection with replies left unread is taken again",
        file="millpond/serve/connections.py",
        old="            else:\n                link.close()\n        return _answer",
        new="            else:\n                node.give_back(link)\n        return _answer",
        tests=READING,
    ),
    Mutant(
        name="a cancelled read's connection is taken again",
        file="millpond/serve/async_connections.py",
        old="        else:\n            link.close()\n",
        new="        else:\n            node.give_back(link)\n",
        tests=READING,
    ),
    Mutant(
        name="a vector of one shard's answers is made though another failed",
        file="millpond/serve/answering.py",
        old="failed = next((one for one in mine if isinstance(one, Failure)), None)",
        new="failed = next((one for one in mine[:1] if isinstance(one, Failure)), None)",
        tests=UNIT_READING,
    ),
    Mutant(
        name="a pointer is followed to what is served already",
        file="millpond/serve/reading.py",
        old='b"" if pointer is None or pointer == self._served.content else pointer',
        new='b"" if pointer is None else pointer',
        tests=UNIT_READING,
    ),
    Mutant(
        name="what could not be answered by a shard is answered by nobody for all",
        file="millpond/serve/answering.py",
        old="None) if self.found.has_failures else None",
        new="None) if False else None",
        tests=UNIT_READING,
    ),
    Mutant(
        name="an offset is reached where one shard has it",
        file="millpond/store/applied.py",
        old="None if known is None or offset is None else min(known, offset)",
        new="offset if known is None else known if offset is None else max(known, offset)",
        tests=CLUSTER,
    ),
    Mutant(
        name="a shard's offsets outlive the slots they tell of",
        file="millpond/store/applied.lua",
        old="redis.call('DEL', KEYS[1], KEYS[2])",
        new="local none",
        tests=CLUSTER,
    ),
)
