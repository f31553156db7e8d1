"""What `millpond diff --data` says that the run holds: of the same events, and before any of them was sent."""

from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from millpond.plan.model import Pool
from millpond.review.cost import Costs, total
from millpond.review.counted import Data
from millpond.review.outlook import running
from millpond.review.standing import Standing

MOST_OFF: Final = 0.25


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes.

    Attributes:
        store: `<domain>.<view>` -> what its keys take in Valkey.
        state: `<domain>.<source>` -> the newest checkpoint of its job, in full.
    """

    store: dict[str, int]
    state: dict[str, int]

    def off(self, measured: "Held") -> tuple[float, float]:
        """By which share an estimate of store and state is off, in all."""
        return _off(self.store, measured.store), _off(self.state, measured.state)


def _off(estimated: dict[str, int], measured: dict[str, int]) -> float:
    return sum(estimated.values()) / sum(measured.values()) - 1


def estimated(folder: Path, pool: Pool, ns: str) -> Held:
    """By counting the events of a simulation's files, read at once."""
    store: Counter[str] = Counter()
    state: dict[str, int] = {}
    with Data.open(folder, pool.views) as data:
        costs = Costs(data, ns)
        for name, job in Standing.as_deployed(pool).jobs.items():
            found = costs.of(running({name: job}))
            state[name.rpartition(".")[0]] = round(total(found).history.state)
            for label, cost in found.items():
                if cost.history.store:
                    store[label.rpartition(".v")[0]] += round(cost.history.store)
    return Held(store=dict(sorted(store.items())), state=state)
