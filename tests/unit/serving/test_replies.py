"""Replies are judged by their order, their number and their values: what is right passes, everything else is found."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.oracles.served import Held
from tests.serving.pool import ALIASES, WINDOWS
from tests.serving.replies import FEATURES, Asked, Place, Reply, judge

# Two keys in one partition: even offsets are of one, odd ones of the other.
ASKED: dict[Place, Asked] = {(0, i): Asked(f"e{i}", 1_000 + i, b"even" if i % 2 == 0 else b"odd") for i in range(8)}
HELD = Held(2, Decimal("3.00"), Decimal("2.00"))
EMPTY = Held(0, Decimal("0.00"), None)
RIGHT = {
    f"e{i}": {(keys, window): EMPTY if i == 0 else HELD for keys in ALIASES.values() for window in WINDOWS}
    for i in range(8)
}


def reply(offset: int, *, status: str = "", **changed: Any) -> Reply:
    """A right reply, but for what is changed."""
    request = ASKED[0, offset]
    places = {
        f"{alias}__{feature}_{window}": value
        for alias, keys in ALIASES.items()
        for window in WINDOWS
        for feature, value in zip(FEATURES, RIGHT[request.id][keys, window], strict=True)
    }
    status = status or ("empty" if offset == 0 else "present")
    given = Reply(0, request.key, 2_000, (0, offset), request.ts, status, dict.fromkeys(places, status), places)
    return given._replace(**changed)


def faults(offsets: Sequence[int]) -> list[str]:
    return judge(ASKED, [reply(offset) for offset in offsets], RIGHT).faults


@pytest.mark.parametrize(
    "offsets",
    [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [1, 3, 0, 2, 5, 7, 4, 6],  # keys do not wait for each other
        [0, 1, 2, 3, 4, 2, 3, 4, 5, 6, 7],  # taken up again from what was committed
        [0, 2, 4, 0, 2, 4, 0, 2, 4, 6, 1, 3, 5, 7],
    ],
)
def test_every_request_once_in_the_order_of_its_key_and_stretches_again(offsets: list[int]) -> None:
    verdicts = judge(ASKED, [reply(offset) for offset in offsets], RIGHT)
    assert verdicts.faults == []
    assert len(verdicts.first) == 8
    assert verdicts.copies == len(offsets) - 8
    assert verdicts.usable == verdicts.values == 12 * len(offsets)


@pytest.mark.parametrize(
    ("offsets", "says"),
    [
        ([0, 2, 4, 1, 3, 5, 7], "request (0, 6) of b'even' has no reply"),
        ([0, 4, 2, 6, 1, 3, 5, 7], "request 3 at (0, 4) is answered behind its request 1"),
        ([0, 2, 4, 6, 0, 4, 1, 3, 5, 7], "request 3 at (0, 4) is answered behind its request 1"),
        ([2, 0, 2, 4, 6, 1, 3, 5, 7], "request 2 at (0, 2) is answered behind its request 0"),
    ],
)
def test_what_is_lost_or_overtakes_is_found(offsets: list[int], says: str) -> None:
    found = faults(offsets)
    assert any(says in fault for fault in found), found


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"partition": 1}, "in partition 1"),
        ({"key": b"odd"}, "its key is b'odd'"),
        ({"as_of": 1_003}, "as of 1003, and must be 2, present, as of 1002"),
        ({"place": (0, 99)}, "a reply to (0, 99), where no request is"),
        ({"status": "behind"}, "buyer__lines_2m is behind, and yet 2"),
        ({"status": "no_key"}, "the status 'no_key'"),
        ({"status": "empty"}, "is 2, empty"),
    ],
)
def test_a_reply_that_says_something_else_is_found(changed: dict[str, Any], says: str) -> None:
    wrong = reply(2, **changed)
    found = judge(ASKED, [wrong if i == 2 else reply(i) for i in range(8)], RIGHT).faults
    assert any(says in fault for fault in found), found


def test_a_number_that_is_not_right_is_found_and_one_that_is_not_given_is_not() -> None:
    good = reply(2)
    lines = "pair__lines_1h"
    wrong = good._replace(values={**good.values, lines: 3})
    (found,) = judge(ASKED, [wrong if i == 2 else reply(i) for i in range(8)], RIGHT).faults
    assert f"{lines} is 3, present, as of 1002, and must be 2, present" in found
    behind = good._replace(values={**good.values, lines: None}, statuses={**good.statuses, lines: "behind"})
    verdicts = judge(ASKED, [behind if i == 2 else reply(i) for i in range(8)], RIGHT)
    assert verdicts.faults == []
    assert verdicts.usable == verdicts.values - 1
