"""Judges every answer a reader was given while things broke: was each usable value one that was true, and lately?

What `present` and `empty` promise. A replay has one order a source partition and none between partitions: after a
restart Flink may read them in another interleaving. A tile therefore holds, of every source partition, the first so
many of that partition's lines that fall into the tile; and tiles travel independently. So a value is **possible** at a
read iff for each tile of the window and each partition one number of lines can be chosen such that

    at least   every line is counted that the broker had acknowledged `stale_after` before the reader asked,
    at most    only lines are counted whose sending had begun when the answer was there,
    and        all features of one window and view come out of the same choice.

        acknowledged ---------+                      +----------- sent
                              v                      v
    ----[ must be counted ]---|-----[ may be counted ]-----|----> wall clock
                   asked - stale_after             answered

That is the promise of a freshness stamp taken literally, and it bounds how far a value may ever go back: a value that
loses a line which was acknowledged longer ago than `stale_after` is wrong, whatever was read in between.

Two relaxations, both rare and both towards "possible": a line whose copy went through another partition may be counted
by itself (either copy may be the first), and lines later than the instant read do not hold up those after them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple, Self

import msgspec
import numpy as np

from tests.faults.choices import reachable
from tests.oracles.windows import COLUMNS, FEATURES, KEY_OF, Accumulator, Answer, Feature, Key, Line, Span, plus

USABLE: Final = frozenset({"present", "empty"})
# Statuses that promise nothing; any other, usable ones aside, has no business in these runs.
HONEST: Final = frozenset({"ahead", "behind", "incomplete", "stale", "unavailable"})
LONGEST_MS: Final = 3_000  # a read with a timeout of 50 ms may take, on machines that share two cores among many

State = tuple[int | None, ...]


class Reply(msgspec.Struct, array_like=True, frozen=True):
    """One vector the reader was given.

    Attributes:
        asked, answered: wall clock in ms, before and after the read.
        set_index, request_index: what was asked for.
        as_of: the instant read, ms.
        statuses: one a feature.
        values: one a feature, as meant to be used; decimals as text.
        raised: what the read raised, which it never should.
    """

    asked: int
    answered: int
    set_index: int
    request_index: int
    as_of: int
    statuses: tuple[str, ...] = ()
    values: tuple[Answer, ...] = ()
    raised: str = ""


class Delivered(NamedTuple):
    """A line on its way: when its sending began and when the broker had it (ms), and through which partition.

    A line that a copy of it may overtake through another partition has a `lane` of its own.
    """

    line: Line
    sent: int
    acknowledged: int
    lane: int


class Asked(msgspec.Struct, frozen=True):
    """A view of a set as it is asked for.

    Attributes:
        view: its name.
        key: of the entity.
        features: (place in the vector, feature's name).
    """

    view: str
    key: Key
    features: tuple[tuple[int, str], ...]


@dataclass
class Verdicts:
    """What was judged.

    Attributes:
        vectors, values: judged; `usable` values among them carried one.
        faults: what was wrong, in words.
        undecided: windows with more choices than are tried, and none of those tried right.
        statuses: how often each was given.
    """

    vectors: int = 0
    values: int = 0
    usable: int = 0
    undecided: int = 0
    faults: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)


class _Window:
    """The lines of one entity in one window, in the order of sending, with all there is to say of their prefixes."""

    def __init__(self, features: Sequence[Feature], first: int = 0) -> None:
        self.parts: tuple[Accumulator, ...] = tuple(dict.fromkeys(part for f in features for part in f.parts))
        self._places = [tuple(self.parts.index(part) for part in f.parts) for f in features]
        self._features = features
        self.first = first
        self.lines: list[Delivered] = []
        self.brings: list[State] = []
        self.sent: list[int] = []
        self.acknowledged: list[int] = []
        self.prefixes: list[State] = [(None,) * len(self.parts)]
        self.decided: dict[tuple[int, int, tuple[Answer, ...]], bool | None] = {}

    def grow(self, lines: Iterable[Delivered]) -> Self:
        """Lines that were sent after all others; what was decided of those stays."""
        for each in lines:
            brought = tuple(COLUMNS[part.column](each.line) for part in self.parts)
            self.lines.append(each)
            self.brings.append(brought)
            self.sent.append(each.sent)
            # Certain only once all before it are: then the certain ones are a prefix, too.
            self.acknowledged.append(max(each.acknowledged, self.acknowledged[-1] if self.acknowledged else 0))
            self.prefixes.append(self.add(self.prefixes[-1], brought))
        return self

    def add(self, a: State, b: State) -> State:
        return tuple(plus(part.how, x, y) for part, x, y in zip(self.parts, a, b, strict=True))

    def sums(self, wanted: tuple[Answer, ...]) -> list[tuple[int, int]]:
        """(Place, value) of the counts and sums that a right choice must come to."""
        return [each for each in self._told(wanted) if self.parts[each[0]].how == "add"]

    def extremes(self, wanted: tuple[Answer, ...]) -> list[tuple[int, int]]:
        """(Place, value) of the least and greatest that no line of a right choice exceeds."""
        return [each for each in self._told(wanted) if self.parts[each[0]].how != "add"]

    def exceeds(self, place: int, brought: int | None, value: int) -> bool:
        """Whether a line that brings in this changes an extreme."""
        return plus(self.parts[place].how, brought, value) != value

    def _told(self, wanted: tuple[Answer, ...]) -> Iterator[tuple[int, int]]:
        for value, places in zip(wanted, self._places, strict=True):
            if len(places) == 1 and isinstance(value, int | str):
                yield places[0], value if isinstance(value, int) else int(Decimal(value).scaleb(2))

    def spelled(self, state: State) -> tuple[Answer, ...]:
        return tuple(
            f.spell(*(state[place] for place in places)) for f, places in zip(self._features, self._places, strict=True)
        )


class Judge:
    """Knows all lines of a run, and judges answers.

    Args:
        delivered: every good line, in the order of sending.
        stale_after: of the reader, ms.
        features, key_of: of every view that is asked for.
    """

    def __init__(
        self,
        delivered: Sequence[Delivered],
        *,
        stale_after: int,
        features: Mapping[str, Mapping[str, Feature]] = FEATURES,
        key_of: Mapping[str, Callable[[Line], Key]] = KEY_OF,
    ) -> None:
        self._stale_after = stale_after
        self._features = features
        self._of: dict[tuple[str, Key], list[Delivered]] = {}
        for each in delivered:
            for view, key in key_of.items():
                self._of.setdefault((view, key(each.line)), []).append(each)
        self._times = {entity: sorted(each.line[1] for each in lines) for entity, lines in self._of.items()}
        self._in_order = {
            entity for entity, lines in self._of.items() if [each.line[1] for each in lines] == self._times[entity]
        }
        self._windows: dict[tuple[str, Key, tuple[str, ...], int, int], _Window] = {}
        self._growing: dict[tuple[str, Key, tuple[str, ...]], _Window] = {}

    def judge(self, replies: Iterable[Reply], requests: Sequence[Sequence[Sequence[Asked]]]) -> Verdicts:
        """Judge every answer.

        Args:
            requests: by set, by request: the views asked for.
        """
        verdicts = Verdicts()
        for reply in replies:
            verdicts.vectors += 1
            if reply.raised:
                verdicts.faults.append(f"at {reply.asked} a read raised {reply.raised}")
                continue
            if reply.answered - reply.asked > LONGEST_MS:
                verdicts.faults.append(f"at {reply.asked} a read took {reply.answered - reply.asked} ms")
            for status in reply.statuses:
                verdicts.statuses[status] = verdicts.statuses.get(status, 0) + 1
            for asked in requests[reply.set_index][reply.request_index]:
                verdicts.faults += self._view(reply, asked, verdicts)
        return verdicts

    def _view(self, reply: Reply, asked: Asked, verdicts: Verdicts) -> Iterator[str]:
        spans: dict[Span, list[tuple[int, str]]] = {}
        verdicts.values += len(asked.features)
        for place, name in asked.features:
            status = reply.statuses[place]
            if status in USABLE:
                spans.setdefault(self._features[asked.view][name].span, []).append((place, name))
            elif status not in HONEST:
                yield f"{asked.view}{asked.key}.{name} at {reply.asked}: the status {status!r} has no place here"
            elif reply.values[place] is not None:
                yield f"{asked.view}{asked.key}.{name} at {reply.asked}: {status}, and yet a value"
        for span, features in spans.items():
            verdicts.usable += len(features)
            possible = self._possible(reply, asked, span, features)
            if possible is None:
                verdicts.undecided += 1
            elif not possible:
                names = [name for _, name in features]
                got = {name: (reply.values[place], reply.statuses[place]) for place, name in features}
                yield (
                    f"{asked.view}{asked.key} asked at {reply.asked}, answered {reply.answered - reply.asked} ms "
                    f"later, as of {reply.as_of}: {got} was not true since {reply.asked - self._stale_after}: "
                    f"{self._told(reply, asked, span, names)}"
                )

    def _possible(self, reply: Reply, asked: Asked, span: Span, features: Sequence[tuple[int, str]]) -> bool | None:
        """Whether some choice of lines gives these values; None where there are too many to try."""
        window = self._window(reply, asked, span, tuple(name for _, name in features))
        wanted = tuple(reply.values[place] for place, _ in features)
        statuses = {reply.statuses[place] for place, _ in features}
        if len(statuses) > 1:
            return False  # one window, one choice of lines: it is empty for all its features or for none
        is_empty = statuses == {"empty"}
        certain, sent = self._known(reply, window)
        if is_empty:
            return certain == 0 and wanted == window.spelled(window.prefixes[0])
        asked_before = (certain, sent, wanted)
        if asked_before not in window.decided:
            window.decided[asked_before] = any(
                _same(window.spelled(window.prefixes[count]), wanted) for count in range(max(certain, 1), sent + 1)
            ) or self._search(window, span, certain, sent, wanted)
        return window.decided[asked_before]

    def _known(self, reply: Reply, window: _Window) -> tuple[int, int]:
        """How many of the window's first lines must be counted, and how many may be."""
        certain = bisect_right(window.acknowledged, reply.asked - self._stale_after)
        return certain, bisect_right(window.sent, reply.answered)

    def _window(self, reply: Reply, asked: Asked, span: Span, names: tuple[str, ...]) -> _Window:
        lo, hi = span.bounds(reply.as_of)
        entity = (asked.view, asked.key)
        lines, times = self._of.get(entity, []), self._times.get(entity, [])
        first, end = bisect_left(times, lo), bisect_left(times, hi)
        if entity in self._in_order:
            return self._grown((asked.view, asked.key, names), lines, first, end)
        # Reads at a moving instant differ most of the time by no line.
        where = (asked.view, asked.key, names, first, end)
        window = self._windows.get(where)
        if window is None:
            window = self._windows[where] = _Window(self._features_of(asked.view, names))
            window.grow(each for each in lines if lo <= each.line[1] < hi)
        return window

    def _grown(
        self, where: tuple[str, Key, tuple[str, ...]], lines: Sequence[Delivered], first: int, end: int
    ) -> _Window:
        """The lines from one to another of an entity whose lines were sent as they happened: as time goes on, more."""
        window = self._growing.get(where)
        if window is None or window.first != first or first + len(window.lines) > end:
            window = self._growing[where] = _Window(self._features_of(where[0], where[2]), first)
        return window.grow(lines[first + len(window.lines) : end])

    def _features_of(self, view: str, names: tuple[str, ...]) -> list[Feature]:
        return [self._features[view][name] for name in names]

    @staticmethod
    def _search(window: _Window, span: Span, certain: int, sent: int, wanted: tuple[Answer, ...]) -> bool | None:
        """Try choices of prefixes, one a tile and lane; None where there are too many and none was found."""
        extremes = window.extremes(wanted)
        lanes: dict[tuple[int, int], list[State]] = {}
        closed = set()
        for each, brought in zip(window.lines[certain:sent], window.brings[certain:sent], strict=True):
            lane = (each.line[1] // span.tile, each.lane)
            # Beyond what an extreme says there is nothing more to choose.
            if lane in closed or any(window.exceeds(place, brought[place], value) for place, value in extremes):
                closed.add(lane)
                continue
            prefixes = lanes.setdefault(lane, [window.prefixes[0]])
            prefixes.append(window.add(prefixes[-1], brought))
        base = window.prefixes[certain]
        choices = list(lanes.values())

        def is_right(chosen: Iterable[int]) -> bool:
            whole = base
            for lane, row in zip(choices, chosen, strict=True):
                whole = window.add(whole, lane[row])
            # No line at all is `empty`, not `present`.
            return whole != window.prefixes[0] and _same(window.spelled(whole), wanted)

        sums = window.sums(wanted)
        columns = [
            np.array([[state[place] or 0 for place, _ in sums] for state in lane], dtype=np.int64) for lane in choices
        ]
        target = np.array([value - (base[place] or 0) for place, value in sums], dtype=np.int64)
        return reachable(columns, target, is_right)

    def _told(self, reply: Reply, asked: Asked, span: Span, names: Sequence[str]) -> str:
        window = self._window(reply, asked, span, tuple(names))
        certain, sent = self._known(reply, window)
        least, most = window.spelled(window.prefixes[certain]), window.spelled(window.prefixes[sent])
        return f"{certain} lines must be counted ({least}), {sent} may be ({most})"


def _same(a: tuple[Answer, ...], b: tuple[Answer, ...]) -> bool:
    """Equal to the last digit, and of one type."""
    return a == b and all(type(x) is type(y) for x, y in zip(a, b, strict=True))
