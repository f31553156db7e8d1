"""A zone's rules against those of Python's zoneinfo, from the same files."""

import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.define.zones import rules_of
from millpond.plan.errors import DefinitionError
from millpond.plan.zones import LAST_INSTANT, RULES_END, local, parsed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = (
    "UTC", "Europe/Berlin", "Europe/Dublin", "Europe/Amsterdam", "America/New_York", "America/St_Johns",
    "Asia/Kathmandu", "Africa/Casablanca", "Africa/Monrovia", "Australia/Lord_Howe", "Pacific/Apia",
    "Pacific/Kiritimati", "Antarctica/Troll",
)  # fmt: skip


def by_zoneinfo(zone: str, instant: int) -> int:
    """The instant on the zone's clocks, as if that were UTC."""
    data = resources.files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()
    ahead = (EPOCH + timedelta(milliseconds=instant)).astimezone(ZoneInfo.from_file(BytesIO(data))).utcoffset()
    assert ahead is not None
    return instant + ahead // timedelta(milliseconds=1)


@pytest.mark.parametrize("zone", ZONES)
def test_clocks_change_to_the_millisecond(zone: str) -> None:
    changes, _ahead = parsed(rules_of(zone))
    assert list(changes) == sorted(set(changes))
    for at in (*changes, 0, RULES_END - 1):
        for instant in (at - 1, at):
            assert local(instant, rules_of(zone)) == by_zoneinfo(zone, instant)


@given(st.sampled_from(ZONES), st.integers(-5_000_000_000_000, RULES_END - 1))
def test_clocks_show_what_zoneinfo_says(zone: str, instant: int) -> None:
    assert local(instant, rules_of(zone)) == by_zoneinfo(zone, instant)


def test_there_is_no_local_time_where_rules_are_not_written_out() -> None:
    assert local(RULES_END, rules_of("UTC")) is None
    assert local(LAST_INSTANT, rules_of("Europe/Berlin")) is None


def test_the_rules_are_what_a_person_can_read() -> None:
    assert rules_of("Asia/Kathmandu") == "20476 -1577943676:19800 504901800:20700"
    assert re.fullmatch(r"-?\d+( -?\d+:-?\d+)*", rules_of("Europe/Berlin"))


@pytest.mark.parametrize(
    ("zone", "mend"),
    [
        ("Berlin", "did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("Europe/Berlim", "did you mean 'Europe/Berlin'?"),
        ("../../etc/passwd", 'write an IANA name, such as "Europe/Berlin"'),
        ("", 'write an IANA name, such as "Europe/Berlin"'),
    ],
)
def test_an_unknown_zone_is_refused_when_it_is_written(zone: str, mend: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        rules_of(zone)
    assert refused.value.mend == mend
