"""Where the numbers of a vector came from: the plan, the tiles of every window, and what each of them had counted.

A receipt is made of the replies that its vector is made of, and is JSON. A tile says of itself how many events it had
counted, when the first and the last of them were, and a digest of the states that they came to: from that and from the
source's own topic anybody finds the events again, and computes the value from them (`millpond explain`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec

from millpond.algebra.partials import State
from millpond.algebra.tallies import BETWEEN, Tally
from millpond.algebra.values import Value
from millpond.plan.errors import ReadError
from millpond.plan.partials import MARKED, Partial
from millpond.plan.types import DOUBLE
from millpond.serve.cut import Chosen
from millpond.serve.flow import Expected, ReadFlow, present
from millpond.serve.own_event import Own
from millpond.serve.part import Reply, fill, latest_of, select
from millpond.serve.request import RequestFields
from millpond.serve.rows import Tiles
from millpond.serve.status import Status
from millpond.serve.vector import Vector
from millpond.store.kept import Kept, kept_in

Json = Any

_DIGEST_BYTES: Final = 8


class TileSaid(msgspec.Struct, frozen=True, array_like=True):
    """What a tile said of the events it had counted.

    Args:
        tile: its number.
        n: how many they were.
        first, last: how far into the tile (ms) the first and the last of them lie.
        digest: of the states that they came to, see `digest_of`.
        doubles: its sums of doubles with all their digits; they depend on the order of adding, and are not in the
            digest.
    """

    tile: int
    n: int
    first: int
    last: int
    digest: str
    doubles: tuple[str, ...] = ()


class WindowRead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One window, as it was answered.

    Args:
        lo, hi: the instants from the one to before the other, ms UTC.
        whole: the tiles from the one to before the other, which counted whole.
        cut: those of which the events in [lo, hi) counted.
        is_tail: of the first one cut, all events from `lo` on did.
        features: what it answers, as the set names it.
    """

    lo: int
    hi: int
    whole: tuple[int, int]
    features: tuple[str, ...]
    cut: tuple[int, ...] = ()
    is_tail: bool = False


class PartRead(msgspec.Struct, frozen=True, kw_only=True):
    """One strip or hash that was read: a level of a view, or its lifetime.

    Args:
        alias: of the binding.
        view, version, generation: whose tiles they are.
        part, size_ms: which of its levels, and how long its tiles are.
        key: where they lie in the store.
        fresh_at: every event that had come in by then (ms) was in the store; None where that was not known.
        tiles: all that any of its windows reaches, the oldest first.
        kept: those that a window cuts, as they were when their events were read: never older than in `tiles`.
    """

    alias: str
    view: str
    version: int
    generation: int
    part: str
    size_ms: int
    key: str
    fresh_at: int | None
    tiles: tuple[TileSaid, ...]
    kept: tuple[TileSaid, ...]
    windows: tuple[WindowRead, ...]


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a feature or a place came to: its value as `coded` has it, whether or not that is to be used."""

    name: str
    value: Json
    status: Status


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Where the numbers of one vector came from.

    Args:
        ns: the environment.
        set, version: what was read.
        content: the hash of the publication, whose document in the store never changes.
        as_of: the instant (ms UTC) that its windows end at.
        asked, answered: the wall clock (ms) before and after the store was asked.
        request: of the request's fields by path what was looked at: keys, what places are derived from, its own event.
        parts: what was read of each view.
        features: all that were read, also such as only derived places need.
        places: those of the vector.
        reason: why the store did not answer; empty otherwise.
    """

    ns: str
    set: str
    version: int
    content: str
    as_of: int
    asked: int
    answered: int
    request: dict[str, Json]
    parts: tuple[PartRead, ...]
    features: tuple[Told, ...]
    places: tuple[Told, ...]
    reason: str = ""

    def encode(self) -> bytes:
        """As one line of JSON; `receipts_in` reads it."""
        return msgspec.json.encode(self)


def receipts_in(data: bytes, *, where: str) -> list[Receipt]:
    """The receipts of a document: one, or one a line.

    Args:
        where: named in the error, such as the file.

    Raises:
        ReadError: there are none, or what stands there is no receipt.
    """
    try:
        found = [msgspec.json.decode(data, type=Receipt)]
    except msgspec.DecodeError:
        try:
            found = msgspec.json.Decoder(Receipt).decode_lines(data)
        except msgspec.DecodeError as cause:
            raise ReadError(
                f"this is no receipt: {cause}", where=where, mend="give what `vector.receipt.encode()` gave, one a line"
            ) from cause
    if not found:
        raise ReadError("there is no receipt", where=where, mend="give what `vector.receipt.encode()` gave, one a line")
    return found


# --- values and states as texts -------------------------------------------------------------------------------------


def coded(value: Value) -> Json:
    """A value as it stands in a receipt, from which the same bits come back.

    Decimals are texts, lists are lists, counts are pairs; JSON tells doubles with all digits that they need.
    """
    if isinstance(value, tuple):
        return [coded(one) for one in value]
    if isinstance(value, dict):
        return [[coded(one), count] for one, count in value.items()]
    return str(value) if isinstance(value, Decimal) else value


def text_of(state: State) -> str | None:
    """A state as a digest has it: marks as they are stored, numbers with all their digits."""
    if state is None or isinstance(state, str):
        return state
    if isinstance(state, Tally):
        return state.text
    if isinstance(state, float):
        return repr(state + 0.0)  # zero has no sign, see `scaled`
    return BETWEEN.join(map(str, state)) if isinstance(state, tuple) else repr(state)


def digest_of(texts: Sequence[str | None]) -> str:
    """What tells states apart: of all but the sums of doubles, in the order of the view's partials."""
    return blake2b(msgspec.json.encode(texts), digest_size=_DIGEST_BYTES).hexdigest()


def is_rounded(partial: Partial) -> bool:
    """Whether its state depends on the order of adding, in its last bits."""
    return partial.function == "sum" and partial.type == DOUBLE


# --- making one -----------------------------------------------------------------------------------------------------


def with_receipt(
    flow: ReadFlow,
    request: Mapping[str, object],
    replies: Sequence[Reply | None],
    *,
    ns: str,
    as_of: int | None,
    asked: int,
    now: int,
    fresh: Mapping[bytes, int],
    stale_after: int,
    given: Mapping[str, Value],
    own: Sequence[Own | None] | None,
    expected: Expected | None = None,
) -> Vector:
    """The vector of a request and its receipt, both of the same replies.

    Args:
        ns: the environment.
        replies, as_of, asked, now, fresh, stale_after, given, own, expected: as of `ReadFlow.vector`.
    """
    tables = [
        None if reply is None else Tiles(part.layout, reply[0]) for part, reply in zip(flow.parts, replies, strict=True)
    ]
    latest = max([latest_of(part, tiles) for part, tiles in zip(flow.parts, tables, strict=True)], default=-1)
    q = present(asked, latest) if as_of is None else as_of
    plan, made = flow.publication.plan, flow.nothing()
    parts = []
    for part, tiles, reply, key in zip(flow.parts, tables, replies, flow.keys(request), strict=True):
        if tiles is None or reply is None or key is None:
            continue
        its_own = None if own is None else own[part.binding]
        stamp = fresh.get(part.stamp, 0)
        health: Status = "present" if abs(now - stamp) <= stale_after else "stale"
        awaited = expected[part.binding] if expected else ()
        fill(part, tiles, reply, q, now, health, made, own=its_own, awaited=awaited, stamp=stamp)
        held = None if part.kept is None else part.kept.read(tiles, reply[1], q, its_own)
        windows = []
        for span in part.spans:
            chosen = select(part, span, tiles, held, q, now, its_own)
            names = [plan.features[one.place].name for one in span.answers]
            windows.append(_window(tiles, chosen, part.bounds(span, q), names))
        binding = plan.bindings[part.binding]
        cut = {number for window in windows for number in window.cut}
        read = cut.union(*(range(*window.whole) for window in windows))
        kept = [] if part.kept is None else [kept_in(value) for value in reply[1] if value is not None]
        parts.append(
            PartRead(
                alias=binding.alias,
                view=binding.view,
                version=binding.version,
                generation=flow.publication.served(binding.view, binding.version).generation,
                part=part.part.name,
                size_ms=part.size,
                key=key,
                fresh_at=fresh.get(part.stamp),
                tiles=_tiles(part.layout.partials, tiles, read),
                kept=tuple(_kept(one) for one in kept if one.tile in cut),
                windows=tuple(windows),
            )
        )
    vector = flow.made_into(given, made.computed, made.statuses, q)
    features = zip(plan.features, made.computed, made.statuses, strict=True)
    receipt = Receipt(
        ns=ns,
        set=plan.full_name,
        version=plan.version,
        content=flow.publication.content,
        as_of=q,
        asked=asked,
        answered=now,
        request=_looked_at(flow, request, given),
        parts=tuple(parts),
        features=tuple(Told(feature.name, coded(value), status) for feature, value, status in features),
        places=_places(vector),
    )
    return replace(vector, receipt=receipt)


def without_an_answer(
    flow: ReadFlow,
    request: Mapping[str, object],
    vector: Vector,
    *,
    ns: str,
    asked: int,
    now: int,
    given: Mapping[str, Value],
) -> Vector:
    """A vector of a store that did not answer, with a receipt that says so."""
    plan = flow.publication.plan
    receipt = Receipt(
        ns=ns,
        set=plan.full_name,
        version=plan.version,
        content=flow.publication.content,
        as_of=vector.as_of,
        asked=asked,
        answered=now,
        request=_looked_at(flow, request, given),
        parts=(),
        features=tuple(Told(feature.name, None, "unavailable") for feature in plan.features),
        places=_places(vector),
        reason=vector.reason,
    )
    return replace(vector, receipt=receipt)


def _places(vector: Vector) -> tuple[Told, ...]:
    told = zip(vector.names, vector.computed, vector.statuses, strict=True)
    return tuple(Told(name, coded(value), status) for name, value, status in told)


def _looked_at(flow: ReadFlow, request: Mapping[str, object], given: Mapping[str, Value]) -> dict[str, Json]:
    """The request's fields that a read looks at, by path."""
    plan = flow.publication.plan
    keys = [name for binding in plan.bindings for name in binding.request_fields]
    found: dict[str, Json] = {name: request[name] for name in keys}
    found |= {path.partition(".")[2]: coded(value) for path, value in given.items()}
    if flow.own_events is not None:
        found |= {path: coded(value) for path, value in RequestFields(plan.request).of(request).items()}
    return found


def _window(tiles: Tiles, chosen: Chosen, reach: tuple[int, int], names: Iterable[str]) -> WindowRead:
    some, numbers = chosen.tiles, tiles.numbers
    whole = (numbers[some.start], numbers[some.stop - 1] + 1) if some.start < some.stop else (0, 0)
    return WindowRead(
        lo=reach[0],
        hi=reach[1],
        whole=whole,
        features=tuple(names),
        cut=tuple(numbers[cut.place] for cut in chosen.cut),
        is_tail=bool(chosen.cut) and chosen.cut[0].is_tail,
    )


def _tiles(partials: Sequence[Partial], tiles: Tiles, read: Collection[int]) -> tuple[TileSaid, ...]:
    """What the tiles that were read said of themselves; a column at a time."""
    places = [place for place, number in enumerate(tiles.numbers) if number in read]
    texts: list[list[str | None]] = []
    doubles: list[list[str]] = []
    for partial in partials:
        if partial.function in MARKED:
            texts.append([_mark(tiles.marks(partial.name, slice(place, place + 1))) for place in places])
            continue
        column = tiles.column(partial.name)
        if is_rounded(partial):
            doubles.append([repr(column[place]) for place in places])
        else:
            texts.append([text_of(column[place]) for place in places])
    # Of no columns there are no rows either.
    digests = [digest_of(row) for row in zip(*texts, strict=True)] if texts else [digest_of(())] * len(places)
    sums = list(zip(*doubles, strict=True)) if doubles else [()] * len(places)
    n, first, last = (tiles.column(name) for name in ("n", "first", "last"))
    return tuple(
        TileSaid(tiles.numbers[place], n[place], first[place], last[place], digest, added)
        for place, digest, added in zip(places, digests, sums, strict=True)
    )


def _mark(marks: list[bytes]) -> str | None:
    return str(marks[0], "utf-8") if marks else None


def _kept(kept: Kept) -> TileSaid:
    return TileSaid(kept.tile, kept.n, kept.first, kept.last, digest_of([kept.text]))
