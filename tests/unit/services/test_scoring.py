"""What a model makes of vectors, and what becomes of those that are not whole."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from millpond.plan.errors import MillpondError
from millpond.plan.types import Type
from millpond.serve import Status, Vector
from millpond.services.scoring import Scoring, load_model

TYPES = (Type.parse("int"), Type.parse("double"))


def vector(number: int, status: Status = "present") -> Vector:
    return Vector(("a.n", "a.x"), TYPES, (number, 0.5), ("present", status), 0)


def summed(array: "np.ndarray[Any, Any]") -> Sequence[float]:
    return list(np.nansum(array, axis=1))


VECTORS = [vector(1), vector(2, "stale"), vector(3, "capped")]


def test_the_model_is_called_once_with_those_that_are_whole() -> None:
    asked: list[tuple[int, ...]] = []

    def model(array: "np.ndarray[Any, Any]") -> Sequence[float]:
        asked.append(array.shape)
        return summed(array)

    scored = Scoring(model=model).scores(VECTORS)
    assert asked == [(2, 2)]
    assert [one.score for one in scored] == [1.5, None, 3.5]
    assert [one.is_degraded for one in scored] == [False, True, False]
    assert [one.reason for one in scored] == ["", "not scored: the vector is stale", ""]


def test_a_vector_that_is_not_whole_has_the_default_score_or_one_of_its_nulls() -> None:
    by_default = Scoring(model=summed, degraded="default", default=0.9).scores(VECTORS)
    assert [(one.score, one.is_degraded) for one in by_default] == [(1.5, False), (0.9, True), (3.5, False)]
    assert by_default[1].reason == "the default score: the vector is stale"
    flagged = Scoring(model=summed, degraded="flag").scores(VECTORS)
    assert [(one.score, one.is_degraded) for one in flagged] == [(1.5, False), (2.0, True), (3.5, False)]


def test_a_model_may_take_the_vectors_themselves() -> None:
    scoring = Scoring(model=lambda vectors: [one["a.n"] for one in vectors], takes="vectors")
    assert [one.score for one in scoring.scores([vector(1), vector(2)])] == [1.0, 2.0]


def test_a_model_that_fails_for_one_vector_scores_the_others() -> None:
    def model(array: "np.ndarray[Any, Any]") -> Sequence[float]:
        if 2.0 in array[:, 0]:
            raise ZeroDivisionError("two")
        return summed(array)

    scored = Scoring(model=model).scores([vector(1), vector(2), vector(3)])
    assert [one.score for one in scored] == [1.5, None, 3.5]
    assert scored[1].reason == "not scored: ZeroDivisionError: two"


@pytest.mark.parametrize(
    ("returned", "reason"),
    [([], "0 scores for 1 vectors"), ([float("nan")], "not a finite number"), (["x"], "could not convert")],
)
def test_what_is_no_score_is_none(returned: list[Any], reason: str) -> None:
    (scored,) = Scoring(model=lambda _: returned).scores([vector(1)])
    assert scored.score is None
    assert reason in scored.reason


def test_nothing_whole_is_no_call() -> None:
    def model(_: object) -> Sequence[float]:
        raise AssertionError

    (scored,) = Scoring(model=model).scores([vector(1, "unavailable")])
    assert scored.score is None


def test_a_model_is_found_by_its_name_or_the_mend_is_said() -> None:
    assert load_model("math:fsum") is __import__("math").fsum
    for name, what in (
        ("math", "is not module:callable"),
        ("math:nothing", "cannot be loaded"),
        ("no_such_module:f", "cannot be loaded"),
        ("math:pi", "cannot be called"),
    ):
        with pytest.raises(MillpondError, match=what):
            load_model(name)
