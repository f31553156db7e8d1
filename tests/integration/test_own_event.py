"""Requests that are events of a running job: each vector counts or leaves out exactly its own, or says `behind`.

`make own-event` is the same, larger, and also asks how many are behind while the jobs run.
"""

from collections.abc import Iterator

import pytest

from millpond.control.settings import Settings
from tests.integration.stacks import AnyStack
from tests.own_event.damage import DAMAGES
from tests.own_event.judging import judge
from tests.own_event.running import Happened, Pause, shop

REQUESTS = 2_000
RATE = 120.0


@pytest.fixture(scope="module")
def happened(settings: Settings, stack: AnyStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Happened]:
    with shop(settings, stack, tmp_path_factory.mktemp("own_event"), RATE, print) as made:
        yield made.run(REQUESTS, [Pause(4, "freeze", 5)])


def test_every_vector_that_is_not_behind_counts_exactly_what_happened(happened: Happened) -> None:
    judged = judge(happened)
    assert (judged.wrong, judged.examples) == (0, [])
    for name in happened.replies:
        mine = [one for one in judged.stretches if one.set == name]
        # While the job stands still, the hot customers are behind; how many are else is measured by `make own-event`.
        assert sum(one.behind for one in mine) > 0
        assert sum(one.statuses["present"] for one in mine) > 0


@pytest.mark.parametrize("name", DAMAGES)
def test_the_judge_notices_what_is_damaged(happened: Happened, name: str) -> None:
    assert judge(DAMAGES[name](happened)).wrong > 0
