"""Damage done on purpose: a run that does not find every kind of it proves nothing."""

from collections.abc import Callable, Sequence
from typing import Final

import redis

from millpond.demo.sabotage import corrupt_tile
from millpond.plan.clock import now_ms
from millpond.serve import Reader
from tests.serving.asking import BUSY, STRANGERS
from tests.serving.pool import SETS
from tests.serving.replies import Reply
from tests.serving.stage import NS, Stage

_Damage = Callable[[Sequence[Reply]], list[Reply]]


def _lie(stage: Stage) -> None:
    """Tiles of households that do not buy often hold one line too many, each until its next line puts it right."""
    with redis.Redis.from_url(stage.settings.store) as client, Reader.connect(stage.settings.store, ns=NS) as reader:
        shopper = reader.open(SETS[0], version=1)
        for request in stage.asked[BUSY:-STRANGERS]:
            corrupt_tile(client, NS, shopper, [request], at=now_ms())


def _middle(replies: Sequence[Reply]) -> int:
    """A usable reply in the middle of the run, whose key has replies before and behind it."""
    return next(i for i in range(len(replies) // 2, len(replies)) if replies[i].status == "present")


def _lost(replies: Sequence[Reply]) -> list[Reply]:
    gone = replies[_middle(replies)].place
    return [reply for reply in replies if reply.place != gone]


def _swapped(replies: Sequence[Reply]) -> list[Reply]:
    one = _middle(replies)
    key, place = replies[one].key, replies[one].place
    other = next(i for i in range(one + 1, len(replies)) if replies[i].key == key and replies[i].place != place)
    found = list(replies)
    found[one], found[other] = found[other], found[one]
    return found


def _flipped(replies: Sequence[Reply]) -> list[Reply]:
    found = list(replies)
    one = found[_middle(replies)]
    found[_middle(replies)] = one._replace(values={**one.values, "buyer__lines_1h": one.values["buyer__lines_1h"] + 1})
    return found


STORED: Final[dict[str, Callable[[Stage], None]]] = {"lie": _lie}
"""Done to the store, while it is read; a store of one node."""
EVIDENCE: Final[dict[str, _Damage]] = {
    "lost-reply": _lost,
    "swapped-replies": _swapped,
    "flipped-value": _flipped,
}
"""Done to the replies, before they are judged."""
NAMES: Final = (*STORED, *EVIDENCE)
