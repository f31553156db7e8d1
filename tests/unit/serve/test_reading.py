"""What a read asks for beside its tiles, and what becomes of its vectors where some of that fails: without a store."""

from typing import Any

import msgspec
import pytest

from millpond.plan.model import encode
from millpond.serve.parcels import LATE, Answer, Failure, Parcel, Result
from millpond.serve.reading import Environment, Reading, opening
from millpond.serve.where import Where
from millpond.store.publications import plan_key, pointer_key
from tests.unit.serve.sample import publication

NOW = 1_800_000_000_000
POINTER = pointer_key("dev", "shop.risk", 1)
Keys = dict[str, Any]


def environment(now: list[int]) -> Environment:
    where = Where(timer=lambda: 0.0)
    return Environment("dev", where, stale_after_ms=30_000, patience_ms=1_000, clock=lambda: now[0])


def carried(trips: Any, keys: Keys, sent: list[list[tuple[str, ...]]] | None = None) -> Any:
    """What trips come to, made to a store of one node that holds these keys; what is a Failure in them fails."""
    try:
        trip = next(trips)
        while True:
            results: list[Result] = [_carried(parcel, keys) for parcel in trip.parcels]
            if sent is not None:
                sent += [list(parcel.commands) for parcel in trip.parcels]
            trip = trips.send(results)
    except StopIteration as done:
        return done.value


def _carried(parcel: Parcel, keys: Keys) -> Result:
    replies: list[Any] = []
    for word, key, *rest in parcel.commands:
        held = keys.get(key)
        if isinstance(held, Failure):
            replies.append(RuntimeError(held.reason))
        elif word == "HGET":
            replies.append((held or {}).get(rest[0].encode()))
        elif word == "SCAN":
            replies.append([b"0", [name.encode() for name in keys]])
        else:
            replies.append({"HGETALL": {}, "HVALS": []}.get(word) if held is None else held)
    return Answer(replies, 1, 1, any(isinstance(one, Exception) for one in replies))


def published() -> Keys:
    content = publication().content
    return {POINTER: content.encode(), plan_key("dev", content): encode(publication())}


def test_a_set_is_opened_from_its_pointer_and_its_document() -> None:
    reading = carried(opening(environment([NOW]), "shop.risk", 1), published())
    assert reading.flow.publication == publication()


def test_the_pointer_is_asked_for_once_a_second_also_where_it_is_not_told() -> None:
    now = [NOW]
    reading = Reading(environment(now), publication())
    for held in (publication().content.encode(), Failure("WRONGTYPE no text")):
        asked = []
        now[0] += 1_000
        for _ in range(5):
            sent: list[list[tuple[str, ...]]] = []
            carried(reading.vectors([{"card_id": "a"}], None, 100), {POINTER: held}, sent)
            asked.append(("GET", POINTER) in sent[0])
            now[0] += 500
        assert asked == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("held", "leads"),
    [
        (publication().content.encode(), b""),
        (b"other", b"other"),
        (None, b""),
        (Failure("gone"), b""),
    ],
)
def test_only_a_pointer_that_leads_elsewhere_is_followed(held: Any, leads: bytes) -> None:
    reading = Reading(environment([NOW]), publication())
    carried(reading.vectors([{"card_id": "a"}], None, 100), {POINTER: held})
    assert reading.moved_to == leads


def test_what_it_leads_to_is_served_once_it_is_laid_out() -> None:
    second = msgspec.structs.replace(
        publication(), plan=msgspec.structs.replace(publication().plan, description="second")
    )
    keys = {POINTER: second.content.encode(), plan_key("dev", second.content): encode(second)}
    reading = Reading(environment([NOW]), publication())
    carried(reading.vectors([{"card_id": "a"}], None, 100), keys)
    serve = carried(reading.following(), keys)
    assert reading.flow.publication == publication(), "not before that"
    serve()
    assert reading.flow.publication == second
    assert not reading.moved_to


def test_requests_that_share_an_entity_ask_for_it_once() -> None:
    reading, sent = Reading(environment([NOW]), publication()), list[list[tuple[str, ...]]]()
    vectors = carried(reading.vectors([{"card_id": card} for card in "abab"], None, 100), {}, sent)
    assert len(vectors) == 4
    (commands,) = sent
    assert len([key for _, key, *_ in commands if "{card=" in key]) == 4  # a ring and a lifetime each


def test_a_vector_is_unavailable_where_any_of_its_parts_is_and_no_other() -> None:
    reading = Reading(environment([NOW]), publication())
    keys = reading.flow.keys({"card_id": "b"})
    for broken in keys:
        held = {str(broken): Failure("WRONGTYPE no hash")}
        a, b, nobody = carried(reading.vectors([{"card_id": card} for card in ("a", "b", None)], None, 100), held)
        assert (a.status, b.status, nobody.status) == ("stale", "unavailable", "no_key")
        assert (b.reason, a.reason) == ("WRONGTYPE no hash", "")


def test_where_nothing_is_answered_in_time_everything_is_unavailable_but_who_is_nobody() -> None:
    reading = Reading(environment([NOW]), publication())
    trips = reading.vectors([{"card_id": "a"}, {"card_id": None}], None, 100)
    next(trips)
    with pytest.raises(StopIteration) as done:
        trips.send([LATE])
    a, nobody = done.value.value
    assert (a.status, a.reason, a.as_of) == ("unavailable", LATE.reason, NOW)
    assert nobody.status == "no_key"
