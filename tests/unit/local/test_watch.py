"""Questions asked in threads, their answers taken without waiting."""

import threading
from collections.abc import Callable

import pytest

from millpond.local.watch import UNKNOWN, Watch
from tests.unit.local.programs import until


def answered(watch: Watch, now: float) -> None:
    """Ask at an instant, and take the answer at the same."""
    watch.look(now, every_s=1.0)
    until(lambda: watch._question is not None and watch._question.done(), "the answer")
    watch.look(now, every_s=1.0)


def test_a_probe_is_told_when_its_process_began_and_its_answer_is_kept() -> None:
    watch = Watch(lambda since_ms: f"began {since_ms}", 7)
    assert watch.why_not == UNKNOWN
    answered(watch, 0.0)
    assert watch.why_not == "began 7"


def test_a_probe_that_hangs_holds_nobody_and_is_asked_once() -> None:
    asked: list[int] = []
    release = threading.Event()

    def hangs(since_ms: int) -> str | None:
        asked.append(since_ms)
        release.wait(20.0)
        return None

    watch = Watch(hangs, 7)
    for now in range(5):
        watch.look(float(now), every_s=1.0)
    until(lambda: bool(asked), "the question")
    assert (asked, watch.why_not) == ([7], UNKNOWN)
    release.set()


def test_questions_keep_their_distance() -> None:
    asked: list[int] = []
    watch = Watch(asked.append, 7)
    answered(watch, 0.0)
    watch.look(0.9, every_s=1.0)
    assert asked == [7]
    answered(watch, 1.0)
    assert asked == [7, 7]


def test_failing_is_counted_from_the_first_bad_question_since_the_last_good_one() -> None:
    # good 0   bad 1   bad 2   now 5     good 6   now 7
    answers: list[str | None] = [None, "bad", "bad", None]
    watch = Watch(lambda _since_ms: answers.pop(0), 7)
    answered(watch, 0.0)
    assert watch.failing_s(0.5) == 0
    answered(watch, 1.0)
    answered(watch, 2.0)
    assert watch.failing_s(5.0) == 4.0
    answered(watch, 6.0)
    assert watch.failing_s(7.0) == 0


def test_what_was_excused_does_not_count() -> None:
    watch = Watch(lambda _since_ms: "bad", 7)
    answered(watch, 0.0)
    watch.excuse()
    assert watch.failing_s(30.0) == 0
    answered(watch, 30.0)
    assert watch.failing_s(31.0) == 1.0


def test_what_a_probe_raises_is_raised_where_it_is_watched() -> None:
    def broken(_since_ms: int) -> str | None:
        raise ZeroDivisionError

    check: Callable[[], None] = lambda: answered(Watch(broken, 7), 0.0)  # noqa: E731
    with pytest.raises(ZeroDivisionError):
        check()
