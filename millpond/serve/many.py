"""One part of many requests, whose tiles are merged one after the other or, where they lie in strips, at once."""

from collections.abc import Iterable, Sequence

import numpy as np

from millpond.plan.bounds import bounds
from millpond.plan.windows import SKEW
from millpond.serve.part import Made, PartRead, Reply, Span, fill, latest_of
from millpond.serve.rows import Tiles
from millpond.serve.status import SEVERITY, STATUSES, Status, worse
from millpond.serve.strips import Ints, Strips


class OneByOne:
    """One part of many requests, whose tiles are merged one request after the other.

    Args:
        replies: one a request; None where there was none.
    """

    def __init__(self, part: PartRead, replies: Sequence[Reply | None]) -> None:
        self.part = part
        self._found = [
            (number, Tiles(part.layout, reply[0]), reply) for number, reply in enumerate(replies) if reply is not None
        ]

    def latest(self) -> Iterable[tuple[int, int]]:
        """The numbers of the requests that it is read for, and the greatest event time of each, ms; -1 for none."""
        return [(number, latest_of(self.part, tiles)) for number, tiles, _ in self._found]

    def answer(self, instants: Sequence[int], now: int, health: Status, made: Sequence[Made]) -> None:
        """Its features of every request."""
        for number, tiles, reply in self._found:
            fill(self.part, tiles, reply, instants[number], now, health, made[number])


class _AtOnce(OneByOne):
    """One part of many requests, whose tiles are merged all at once."""

    def __init__(self, part: PartRead, replies: Sequence[Reply | None]) -> None:
        self.part = part
        self._numbers = [number for number, reply in enumerate(replies) if reply is not None]
        self._strips = Strips(part.layout, [reply[0] for reply in replies if reply is not None], part.size)

    def latest(self) -> Iterable[tuple[int, int]]:
        return zip(self._numbers, self._strips.latest.tolist(), strict=True)

    def answer(self, instants: Sequence[int], now: int, health: Status, made: Sequence[Made]) -> None:
        strips, mine = self._strips, [made[number] for number in self._numbers]
        q = [instants[number] for number in self._numbers]
        for span in self.part.spans:
            start, stop, found = self._select(span, q, now, health)
            plain = np.where(start >= stop, np.maximum(found, SEVERITY["empty"]), found)
            says = [STATUSES[rank] for rank in plain.tolist()]
            merged = [state(strips, start, stop) for state in span.of_many]
            for answer in span.answers:
                place = answer.place
                values, flaws = answer.of_many([merged[needed] for needed in answer.needs], q)
                for one, value, status in zip(mine, values, says, strict=True):
                    one.computed[place] = value
                    one.statuses[place] = status
                for at, flaw in enumerate(flaws):
                    if flaw:
                        mine[at].statuses[place] = worse(flaw, STATUSES[int(found[at])])

    def _select(self, span: Span, q: list[int], now: int, health: Status) -> tuple[Ints, Ints, Ints]:
        """Which rows the window of each entity holds, and what is wrong with it, as its rank: `select` of one."""
        part, strips = self.part, self._strips
        bounded = [bounds(span.size, span.delay, one, part.size) for one in q]
        lo, hi = (np.array(ends, np.int64) for ends in zip(*bounded, strict=True))
        first, end = lo // part.size, -(-hi // part.size)
        wrong: Ints = np.full(len(q), SEVERITY[health], np.int64)
        if span.delay == 0:
            at: Ints = np.array(q, np.int64)
            head = at // part.size
            is_ahead = head * part.size + strips.last_of(head) > at
            wrong[is_ahead] = np.maximum(wrong[is_ahead], SEVERITY["ahead"])
        lacks = lo < part.covered_since
        if part.slots is not None:
            lacks |= first < strips.gone
            lacks |= np.maximum(lo - SKEW, part.deployed_at) + part.part.ttl_ms <= now
        wrong[lacks] = np.maximum(wrong[lacks], SEVERITY["incomplete"])
        return strips.places(first), strips.places(end), wrong


def of_many(part: PartRead, replies: Sequence[Reply | None]) -> OneByOne:
    """What answers the features of a part, of many requests: see `OneByOne`."""
    if part.is_simple and any(reply is not None for reply in replies):
        return _AtOnce(part, replies)
    return OneByOne(part, replies)
