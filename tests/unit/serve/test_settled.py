"""What was made of replies that are held: whatever instants they are read at, the vectors are those of reading anew."""

from collections.abc import Sequence
from dataclasses import astuple
from decimal import Decimal
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import MillpondError
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.serve.cache import Cached
from millpond.serve.flow import ReadFlow
from tests.unit.serve.sample import SPANS, Event, publication, stamps, strip

NOON = 20_000 * DAY + 12 * HOUR
STALE_AFTER = 30_000

# Around the ends of tiles, windows and delays, where something begins to hold or ceases to.
OFFSETS = st.sampled_from([0, MINUTE, HOUR, 2 * HOUR, 3 * HOUR, DAY, 3 * DAY])
AROUND = st.builds(
    lambda offset, near: NOON + offset + near, OFFSETS, st.integers(-2, 2) | st.integers(-MINUTE, MINUTE)
)
EVENTS = st.lists(
    st.tuples(st.integers(NOON - 4 * HOUR, NOON + 2 * MINUTE), st.decimals(0, 1000, places=2)), max_size=8
)
READS = st.lists(st.tuples(st.none() | AROUND, AROUND, st.booleans(), st.none() | EVENTS), min_size=1, max_size=8)


def replies(flow: ReadFlow, events: Sequence[Event]) -> list[bytes | None]:
    return [strip(events, part.size, part.slots) for part in flow.parts]


def told(flow: ReadFlow, as_of: int | None, now: int, *, young: bool = True) -> Any:
    stamped = stamps(flow, now if young else now - STALE_AFTER - 1)
    return {"as_of": as_of, "asked": now, "now": now, "fresh": stamped, "stale_after": STALE_AFTER}


def commands(flow: ReadFlow, *cards: str | None) -> list[Any]:
    return [flow.commands({"card_id": card}, as_of=None, asked=NOON) for card in cards]


@given(st.lists(st.none() | EVENTS, min_size=1, max_size=3), READS, st.sampled_from([0, NOON - 2 * HOUR]), st.data())
def test_vectors_are_those_of_reading_anew(
    entities: list[list[Event] | None], reads: Sequence[Any], covered_since: int, data: Any
) -> None:
    """Without a key, stale, in the past, with a clock that is set back, and with what has changed in between."""
    flow = ReadFlow(publication(covered_since=covered_since, deployed_at=NOON - DAY), "dev")
    asked = commands(flow, *(None if events is None else f"c{at}" for at, events in enumerate(entities)))
    held = [None if events is None else [Cached(one) for one in replies(flow, events)] for events in entities]
    for as_of, now, young, changed in reads:
        if changed is not None:
            at = data.draw(st.integers(0, len(entities) - 1))
            if (mine := held[at]) is not None:
                place = data.draw(st.integers(0, len(mine) - 1))  # a part may change alone
                mine[place] = Cached(replies(flow, changed)[place])
        given = told(flow, as_of, now, young=young)
        expected = [
            flow.vector([None, None] if some is None else [[one.reply] for one in some], **given) for some in held
        ]
        found = flow.recalled(
            asked, [one for some in held if some is not None for one in some], given=[{} for _ in held], **given
        )
        assert [astuple(one) for one in found] == [astuple(one) for one in expected]


EVER: list[Event] = [(NOON - 2 * HOUR, Decimal(1)), (NOON - 1, Decimal(2)), (NOON + 30_000, Decimal(4))]
ENDS = [NOON + end + near for end in (0, 30_000, MINUTE, HOUR, HOUR + MINUTE, 2 * HOUR, 3 * HOUR) for near in (-1, 0)]


def is_read_anew(flow: ReadFlow, first: Any, then: Any) -> bool:
    """Whether what a read holds leaves a later one as it is; of what was read last the bytes are still the same."""
    held = [Cached(one) for one in replies(flow, EVER)]
    asked = commands(flow, "a")
    flow.recalled(asked, held, given=[{}], **first)
    (found,) = flow.recalled(asked, held, given=[{}], **then)
    return astuple(found) == astuple(flow.vector([[one.reply] for one in held], **then))


@pytest.mark.parametrize("span", [one.label for one in SPANS])
def test_at_the_ends_of_what_holds_it_holds_no_longer(span: str) -> None:
    """To the millisecond: each two instants at which a tile, a window or a delayed one may end, either way."""
    whole = publication()
    features = tuple(one for one in whole.plan.features if one.feature.endswith(f"_{span}"))
    plan = msgspec.structs.replace(whole.plan, features=features)
    flow = ReadFlow(msgspec.structs.replace(whole, plan=plan), "dev")
    wrong = [
        (first - NOON, then - NOON)
        for first, then in product(ENDS, ENDS)
        if not is_read_anew(flow, told(flow, first, NOON), told(flow, then, NOON))
    ]
    assert wrong == []


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("then", [True, False])
def test_what_is_said_of_young_stamps_is_not_said_of_old_ones(first: bool, then: bool) -> None:
    flow = ReadFlow(publication(), "dev")
    assert is_read_anew(flow, told(flow, NOON, NOON, young=first), told(flow, NOON, NOON, young=then))


def test_what_may_be_gone_with_its_key_is_missed_from_that_instant_on() -> None:
    flow = ReadFlow(publication(deployed_at=NOON), "dev")
    (ring,) = (part for part in flow.parts if part.slots is not None)
    gone = NOON + ring.part.ttl_ms
    for first, then in product([gone - 1, gone], [gone - 1, gone]):
        assert is_read_anew(flow, told(flow, NOON, first), told(flow, NOON, then))
    statuses = [
        flow.vector([[None] for _ in flow.parts], **told(flow, NOON, at)).status_of()["card.count_1h"]
        for at in (gone - 1, gone)
    ]
    assert statuses == ["empty", "incomplete"]


def test_what_is_held_is_not_looked_at_again_until_a_window_comes_to_another_tile() -> None:
    flow = ReadFlow(publication(), "dev")
    held = [Cached(one) for one in replies(flow, [(NOON - 1, Decimal(5))])]
    asked = commands(flow, "a")

    def read(q: int) -> Any:
        (vector,) = flow.recalled(asked, held, given=[{}], **told(flow, q, NOON))
        return vector["card.sum_1h"]

    assert read(NOON + 10) == 5
    for one in held:
        one.reply = b"these are no records"
    assert read(NOON) == 5
    assert read(NOON + MINUTE - 2) == 5
    with pytest.raises(MillpondError, match="no strip"):
        read(NOON + MINUTE)
    with pytest.raises(MillpondError, match="no strip"):
        read(NOON - 1)
