"""What the demo plants among good lines: poison, copies, stragglers, events too late and events of the future."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line
from millpond.plan.windows import DAY, MINUTE

Poison = Literal["wrong_magic_byte", "unknown_schema_id", "truncated_body", "null_value", "null_event_time"]
Refused = Literal[Poison, "too_late", "future"]
Sabotage = Literal["tile", "drop", "late", "duplicate"]

POISONS: Final[tuple[Poison, ...]] = (
    "wrong_magic_byte", "unknown_schema_id", "truncated_body", "null_value", "null_event_time",
)  # fmt: skip
POISON_EACH: Final = 60
TOO_LATE: Final = 200
FUTURE: Final = 50
COPY_SHARE: Final = 100  # one line in so many is sent twice
STRAGGLER_SHARE: Final = 100  # one line in so many arrives late, yet not too late
EARLY_SHARE: Final = 500  # one line in so many comes from a till whose clock is a little ahead
UNKNOWN_SCHEMA: Final = 1 << 30

SABOTAGES: Final[tuple[Sabotage, ...]] = ("tile", "drop", "late", "duplicate")

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A record that must come back as a dead letter.

    Attributes:
        kind: what is wrong with it.
        after: it is sent after the line of this number, at that line's time.
        key, headers: as they must come back.
        partition: where it is sent.
        shift: of its event time from its arrival, ms, where it has one.
        cut: where a truncated body ends, as a share of its bytes.
    """

    kind: Refused
    after: int
    key: bytes | None
    headers: Headers
    partition: int
    shift: int = 0
    cut: float = 0.0

    def value(self, encoder: LineEncoder, line: Line, number: int) -> bytes | None:
        """The record's value, made from a good line.

        Args:
            number: of the plant, for an event id of its own.
        """
        event_id = f"{self.kind}-{number}"
        sold_at = line[1] + self.shift
        match self.kind:
            case "null_value":
                return None
            case "null_event_time":
                return encoder.encode(line, event_id=event_id, sold_at=None)
            case "wrong_magic_byte":
                return b"\x07" + encoder.encode(line, event_id=event_id, sold_at=sold_at)[1:]
            case "unknown_schema_id":
                unknown = (UNKNOWN_SCHEMA + number).to_bytes(4, "big")
                return b"\0" + unknown + encoder.encode(line, event_id=event_id, sold_at=sold_at)[5:]
            case "truncated_body":
                whole = encoder.encode(line, event_id=event_id, sold_at=sold_at)
                return whole[: 5 + int(self.cut * (len(whole) - 5))]
            case "too_late" | "future":
                return encoder.encode(line, event_id=event_id, sold_at=sold_at)


@dataclass(frozen=True, kw_only=True)
class Planting:
    """Everything that is planted in a replay, by line number.

    Attributes:
        plants: future dead letters, in the order of sending.
        copies: line -> ms until its copy arrives, and by how many partitions the copy is displaced.
        arrivals: line -> ms its arrival is after (stragglers) or before (early) its event time.
        drop, late, twice: the line a sabotage is done to; 0 for none.
    """

    plants: tuple[Plant, ...]
    copies: dict[int, tuple[int, int]]
    arrivals: dict[int, int]
    drop: int = 0
    late: int = 0
    twice: int = 0


def planting(
    lines: int, *, partitions: int, lateness: int, skew: int, seed: int, sabotage: Sabotage | None
) -> Planting:
    """Choose what is planted where; the same seed plants the same.

    Args:
        lines: how many good lines are replayed.
        partitions: of the source topic.
        lateness, skew: of the source, ms; the first late and early ones of either kind stand exactly at the bound.
    """
    rng = random.Random(seed)
    plants = _dead_letters(rng, lines, partitions=partitions, lateness=lateness, skew=skew)
    counts = lines // COPY_SHARE, lines // STRAGGLER_SHARE, lines // EARLY_SHARE
    # A line is one of these at most: a copy of a straggler could be too late.
    chosen = rng.sample(range(1, lines + 1), sum(counts) + 1)
    copied, stragglers, early = _split(chosen, counts)
    copies = {}
    for i, number in enumerate(copied):
        displaced = rng.randrange(1, partitions) if i % 3 == 0 else 0
        copies[number] = (rng.randrange(0, lateness), displaced)
    arrivals = {number: lateness if i < 5 else rng.randrange(1, lateness) for i, number in enumerate(stragglers)}
    arrivals |= {number: -skew if i < 5 else -rng.randrange(1, skew) for i, number in enumerate(early)}
    victim = chosen[-1]
    return Planting(
        plants=plants,
        copies=copies,
        arrivals=arrivals,
        drop=victim if sabotage == "drop" else 0,
        late=victim if sabotage == "late" else 0,
        twice=victim if sabotage == "duplicate" else 0,
    )


def _split(chosen: Sequence[int], counts: tuple[int, int, int]) -> tuple[list[int], list[int], list[int]]:
    first, second, third = counts
    return (
        list(chosen[:first]),
        list(chosen[first : first + second]),
        list(chosen[first + second : first + second + third]),
    )


def _dead_letters(rng: random.Random, lines: int, *, partitions: int, lateness: int, skew: int) -> tuple[Plant, ...]:
    plants: list[Plant] = []

    def plant(kind: Refused, *, shift: int = 0, cut: float = 0.0) -> None:
        plants.append(
            Plant(
                kind=kind,
                after=rng.randrange(1, lines + 1),
                key=rng.choice((None, b"", b"till-7", bytes(range(250, 256)), rng.randbytes(40))),
                headers=_headers(rng, len(plants)),
                partition=rng.randrange(partitions),
                shift=shift,
                cut=cut,
            )
        )

    for kind in POISONS:
        for _ in range(POISON_EACH):
            plant(kind, cut=rng.random())
    for i in range(TOO_LATE):
        plant("too_late", shift=-lateness - 1 - (0 if i < 10 else rng.randrange(20 * DAY)))
    for i in range(FUTURE):
        plant("future", shift=skew + 1 + (0 if i < 10 else rng.randrange(30 * MINUTE)))
    return tuple(sorted(plants, key=lambda p: p.after))


def _headers(rng: random.Random, number: int) -> Headers:
    """Some have none, some have several, one of them not text; names are unique: Flink carries headers as a map."""
    all_headers = (("till", f"till-{number}".encode()), ("trace", rng.randbytes(16)), ("empty", b""))
    return all_headers[: rng.randrange(4)]
