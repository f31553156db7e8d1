"""The page is made of the runs that are kept, a table a store and a line a kill."""

from tests.serving.page import PAGE, Document, load, text_of
from tests.serving.run import Answers, Death, Result

VECTORS = Answers(asked=1_000, statuses={"present": 900, "stale": 60, "unavailable": 40}, recovered_s=4.0)
REPLIES = Answers(asked=500, statuses={"present": 450, "behind": 40, "stale": 10}, recovered_s=11.0, slowest_ms=10_250)


def run(requests: Answers, *, wrong: int = 0) -> Result:
    death = Death(kind="broker", part="kafka", vectors=VECTORS, requests=requests)
    faults = ("request (0, 6) of b'1' has no reply",) if wrong else ()
    return Result(store="cluster", seed=1, rate=200, deaths=[death], vectors=10, values=120, wrong=wrong, faults=faults)


def test_each_kill_has_a_line_with_its_times_and_shares() -> None:
    page = text_of(Document(machine="2 cores", runs=[run(REPLIES)]))
    assert "| the broker | 4 s | 6.0% | 4.0% | 11 s | 10.0% | 0.0% | 10.2 s |" in page
    assert "**None of it was wrong.**" in page


def test_what_was_wrong_or_never_recovered_is_not_hidden() -> None:
    never = Answers(asked=500, statuses={"unavailable": 500})
    page = text_of(Document(machine="2 cores", runs=[run(never, wrong=1)]))
    assert "| the broker | 4 s | 6.0% | 4.0% | never | 0.0% | 100.0% | 0.0 s |" in page
    assert "**1 of it was wrong.**" in page
    assert "1 wrong, such as: request (0, 6) of b'1' has no reply" in page


def test_the_page_that_is_kept_is_that_of_the_runs_that_are_kept() -> None:
    assert PAGE.read_text("utf-8") == text_of(load())
