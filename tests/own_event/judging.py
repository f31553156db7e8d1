"""What the enrichers replied, beside what the SQL says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from millpond.serve.status import USABLE
from tests.oracles.own_event import Asked, OwnEventOracle, Place, Wanted
from tests.own_event.pool import SETS
from tests.own_event.running import Happened, Reply

EXAMPLES: Final = 10
LATE: Final = frozenset({"behind", "stale", "unavailable"})
"""What a place says that is not known in time."""

STRETCHES: Final = ("held up", "running")
GROUPS: Final = (("buyer", "share"), ("at",), ("busy",))
"""The aliases whose places are read together, of the same sales."""


@dataclass
class Stretch:
    """One set, while the jobs were held up or caught up, or while they ran.

    Attributes:
        statuses: of vectors; of sales that no job accepts, where they are to be counted, apart.
        behind: vectors of which a place is, or is stale or unavailable; but for those that no job accepts.
        values: places that carried one to be used, and were compared.
        choices: vectors for which more than one answer was right, as sales came meanwhile.
        open: of those for which so many were that not all were tried, how many are none of those that were.
    """

    set: str
    stretch: str
    vectors: int = 0
    values: int = 0
    choices: int = 0
    open: int = 0
    never_in: int = 0
    behind: int = 0
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def share_not_behind(self) -> float:
        """Of the vectors that could be known."""
        return 1 - self.behind / max(1, self.vectors - self.never_in)


@dataclass
class Judged:
    """A whole run.

    Attributes:
        wrong: how many vectors, missing replies and dead letters are.
        examples: the first of them.
        late: of the vectors that are behind while the jobs run, the first.
    """

    stretches: list[Stretch]
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    @property
    def running(self) -> list[Stretch]:
        """While the jobs ran."""
        return [one for one in self.stretches if one.stretch == STRETCHES[-1]]

    def note(self, what: str) -> None:
        """One is wrong."""
        self.wrong += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(what)


def judge(happened: Happened) -> Judged:
    """Every place of every vector of both sets."""
    judged = Judged([Stretch(name, stretch) for name in SETS for stretch in STRETCHES])
    oracle = OwnEventOracle(happened.records)
    arrivals = {(one.partition, one.offset): one.arrival for one in happened.records}
    for name, counts in SETS.items():
        replies = happened.replies[name]
        _all_answered(judged, name, happened)
        _in_order(judged, name, replies)
        known = [one for one in replies if one.request in arrivals]
        asked = [Asked(*one.request, until=one.at) for one in known]
        for reply, wanted in zip(known, oracle.vectors(asked, counts=counts), strict=True):
            is_running = arrivals[reply.request] >= happened.running_since
            (stretch,) = (one for one in judged.stretches if (one.set, one.stretch) == (name, STRETCHES[is_running]))
            _count(stretch, reply, wanted)
            wrong = _wrong(reply, wanted)
            if wrong is not None and not wanted.has_all:
                stretch.open += 1
            elif wrong is not None:
                judged.note(f"{name} {reply.request}: {wrong}")
            elif is_running and not wanted.is_never_in and not LATE.isdisjoint(reply.statuses.values()):
                judged.late.append(
                    f"{name} {reply.request}: {reply.at - arrivals[reply.request]} ms, "
                    f"{[f'{place} {status}' for place, status in reply.statuses.items() if status in LATE]}"
                )
    return judged


def _all_answered(judged: Judged, name: str, happened: Happened) -> None:
    """Each sale has one reply, and each record that is none one dead letter."""
    sales = Counter((one.partition, one.offset) for one in happened.records)
    replied, buried = Counter(reply.request for reply in happened.replies[name]), Counter(happened.dead_letters[name])
    for what, is_, due in (("replies", replied, sales), ("dead letters", buried, Counter(happened.unreadable))):
        for place in (is_ - due) + (due - is_):
            judged.note(f"{name} {place}: {is_[place]} {what}, and {due[place]} due")


def _in_order(judged: Judged, name: str, replies: Sequence[Reply]) -> None:
    """Those of one key, and those of none in a partition, are in the order of their requests."""
    last: dict[tuple[int, bytes | None], int] = {}
    for reply in replies:
        partition, offset = reply.request
        before = last.get((partition, reply.key), -1)
        if offset < before:
            judged.note(f"{name} {reply.request}: replied behind {before}, which came after it")
        last[partition, reply.key] = offset


def _count(stretch: Stretch, reply: Reply, wanted: Wanted) -> None:
    stretch.vectors += 1
    stretch.choices += len(wanted.cases) > 1
    stretch.values += sum(status in USABLE for status in reply.statuses.values())
    if wanted.is_never_in:
        stretch.never_in += 1
        return
    stretch.statuses[reply.status] += 1
    stretch.behind += not LATE.isdisjoint(reply.statuses.values())


def _wrong(reply: Reply, wanted: Wanted) -> str | None:
    """What is wrong with a reply; None where nothing is."""
    if reply.as_of != wanted.as_of:
        return f"as of {reply.as_of}, and asked about {wanted.as_of}"
    if reply.values.keys() != wanted.cases[0].keys():
        return f"has {sorted(reply.values)}"
    for aliases in GROUPS:
        places = [name for name in reply.values if name.partition("__")[0] in aliases]
        faults = [
            [fault for name in places if (fault := _fault(name, reply, case[name])) is not None]
            for case in wanted.cases
        ]
        if all(faults):
            return min(faults, key=len)[0]
    return None


def _fault(name: str, reply: Reply, right: Place) -> str | None:
    value, status = reply.values[name], reply.statuses[name]
    allowed = {right.says, *right.excused}
    if right.says != "no_key":
        allowed |= LATE
    expected = None if status not in USABLE else right.whole if status == "capped" else right.v
    if status in allowed and same(value, expected):
        return None
    return f"{name}: {value!r} ({status}), by SQL {right}"


def same(value: object, right: object) -> bool:
    """Whether two values are one, and of one type."""
    return type(value) is type(right) and value == right
