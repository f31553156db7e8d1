"""Where the rules of zones come from: the IANA database as the package `tzdata` has it, never the machine's own."""

import struct
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from millpond.plan.errors import DefinitionError
from millpond.plan.names import did_you_mean
from millpond.plan.zones import RULES_END

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  beside ZoneInfo, which is asked below
_DAY: Final = 86_400


@cache
def _names() -> frozenset[str]:
    return frozenset((resources.files("tzdata") / "zones").read_text("utf-8").split())


@cache
def rules_of(zone: str) -> str:
    """The rules of a zone until 2100, in the form of `plan/zones.py`.

    Raises:
        DefinitionError: there is no such zone.
    """
    if zone not in _names():
        raise DefinitionError(f"there is no time zone {zone!r}", mend=_near(zone))
    data = resources.files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()
    first, changes = _stored(data)
    changes += _by_rule(ZoneInfo.from_file(BytesIO(data)), changes[-1][0] if changes else 0)
    told, ahead = [str(first)], first
    for at, then in changes:
        if then != ahead and at * 1000 < RULES_END:
            told.append(f"{at}:{then}")
            ahead = then
    return " ".join(told)


def _near(zone: str) -> str:
    same = [name for name in _names() if name.lower().rpartition("/")[2] == zone.lower().rpartition("/")[2]]
    return f"did you mean {min(same)!r}?" if same else _guessed(zone)


def _guessed(zone: str) -> str:
    mend = did_you_mean(zone, _names())
    return mend if mend.startswith("did you mean") else 'write an IANA name, such as "Europe/Berlin"'


def _stored(data: bytes) -> tuple[int, list[tuple[int, int]]]:
    """The seconds ahead of UTC at first, and the changes that a TZif file lists (RFC 8536, its 64-bit part)."""
    counts = struct.Struct(">4sc15x6l")
    _magic, _version, *narrow = counts.unpack_from(data)
    utc, standard, leaps, times, types, chars = narrow
    start = counts.size + times * 5 + types * 6 + chars + leaps * 8 + standard + utc
    *_, times, types, chars = counts.unpack_from(data, start)
    start += counts.size
    at = struct.unpack_from(f">{times}q", data, start)
    kinds = struct.unpack_from(f">{times}B", data, start + times * 8)
    ahead = [struct.unpack_from(">l", data, start + times * 9 + kind * 6)[0] for kind in range(types)]
    return ahead[0], [(instant, ahead[kind]) for instant, kind in zip(at, kinds, strict=True)]


def _by_rule(zone: ZoneInfo, after: int) -> list[tuple[int, int]]:
    """The changes that follow from the rule at the end of the file, which goes on for ever."""
    changes: list[tuple[int, int]] = []
    before = _ahead(zone, after)
    for day in range(after, RULES_END // 1000, _DAY):
        if _ahead(zone, day + _DAY) != before:
            low, high = day, day + _DAY
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _ahead(zone, middle) == before else (low, middle)
            before = _ahead(zone, high)
            changes.append((high, before))
    return changes


def _ahead(zone: ZoneInfo, instant: int) -> int:
    shift = (_EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    assert shift is not None
    return shift.days * _DAY + shift.seconds
