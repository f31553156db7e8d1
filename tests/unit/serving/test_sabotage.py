"""Damage done to replies on purpose is found, each kind as what it is."""

import pytest

from tests.serving.replies import judge
from tests.serving.sabotage import EVIDENCE
from tests.unit.serving.test_replies import ASKED, RIGHT, reply


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("lost-reply", "has no reply"),
        ("swapped-replies", "is answered behind its request"),
        ("flipped-value", "buyer__lines_1h is 3, present, as of 1004, and must be 2"),
    ],
)
def test_every_kind_of_damage_is_found(damage: str, says: str) -> None:
    replies = [reply(offset) for offset in range(len(ASKED))]
    assert judge(ASKED, replies, RIGHT).faults == []
    assert any(says in fault for fault in judge(ASKED, EVIDENCE[damage](replies), RIGHT).faults)
