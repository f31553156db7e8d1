"""Faults of what a connection holds: recalled though it has changed, or for instants that it is not of."""

from typing import Final

from tests.mutants.mutant import Mutant

CACHE: Final = ("tests/unit/serve/test_cache.py",)
SETTLED: Final = ("tests/unit/serve/test_settled.py",)
EVERY: Final = (*SETTLED, "tests/unit/serve/test_every_aggregation.py")
READING: Final = ("tests/integration/test_reading.py",)

CACHING: Final = (
    Mutant(
        name="what has changed before it was asked is recalled",
        file="millpond/serve/exchange.py",
        old="if self._cache.dropped != self._dropped:",
        new="if False:",
        tests=CACHE,
    ),
    Mutant(
        name="readers are not told what has changed",
        file="millpond/serve/connecting.py",
        old='_TRACKING: Final = (("CLIENT", "TRACKING", "ON"),)',
        new="_TRACKING: Final = ()",
        tests=READING,
    ),
    Mutant(
        name="what was flushed is recalled",
        file="millpond/serve/cache.py",
        old="keys = list(self._of_key) if push[1] is None else",
        new="keys = [] if push[1] is None else",
        tests=CACHE,
    ),
    Mutant(
        name="nothing is asked where all is held",
        file="millpond/serve/cache.py",
        old="if self.holds(commands[-1]) or _ASKING in commands:",
        new="if _ASKING in commands:",
        tests=CACHE,
    ),
    Mutant(
        name="one of a key's replies is held though the key has changed",
        file="millpond/serve/cache.py",
        old="for command in list(self._of_key.get(key, ())):",
        new="for command in list(self._of_key.get(key, ()))[:1]:",
        tests=CACHE,
    ),
    Mutant(
        name="the epoch is not asked for behind what is asked for again",
        file="millpond/serve/exchange.py",
        old="self._ask([*changed, len(self._commands) - 1])",
        new="self._ask(changed)",
        tests=CACHE,
    ),
    Mutant(
        name="a value is held a millisecond too long",
        file="millpond/serve/settled.py",
        old="        until = since + size\n",
        new="        until = since + size + 1\n",
        tests=SETTLED,
    ),
    Mutant(
        name="a value is held beyond its head's tile",
        file="millpond/serve/settled.py",
        old="        head = q // size * size\n        until = min(until, head + size)\n",
        new="        head = q // size * size\n",
        tests=SETTLED,
    ),
    Mutant(
        name="what was ahead stays so",
        file="millpond/serve/settled.py",
        old="until = min(until, last)  # it is `ahead` until then",
        new="pass",
        tests=SETTLED,
    ),
    Mutant(
        name="what was not ahead is not for earlier instants either",
        file="millpond/serve/settled.py",
        old="head = max(head, last)",
        new="pass",
        tests=SETTLED,
    ),
    Mutant(
        name="tiles that may be gone are recalled",
        file="millpond/serve/settled.py",
        old="self._since <= q < self._until and now < self._before and",
        new="self._since <= q < self._until and",
        tests=SETTLED,
    ),
    Mutant(
        name="stale stamps are passed over where a value is held",
        file="millpond/serve/settled.py",
        old='now < self._before and "stale" not in healths:',
        new="now < self._before:",
        tests=SETTLED,
    ),
    Mutant(
        name="what came to something while it was stale is held",
        file="millpond/serve/settled.py",
        old='if group.settles and "stale" not in healths:',
        new="if group.settles:",
        tests=SETTLED,
    ),
    Mutant(
        name="ages are held though time goes on",
        file="millpond/serve/settled.py",
        old="self.width == len(parts) and not any(one.is_of_instant for one in answers)",
        new="self.width == len(parts)",
        tests=EVERY,
    ),
    Mutant(
        name="a part that has changed is not noticed beside its first",
        file="millpond/serve/settled.py",
        old="            at += 1\n        return True",
        new="            break\n        return True",
        tests=SETTLED,
    ),
    Mutant(
        name="what may be gone is missed before it may",
        file="millpond/serve/settled.py",
        old="        if now >= self._before:\n            self._until = 0",
        new="        if False:\n            self._until = 0",
        tests=SETTLED,
    ),
)
