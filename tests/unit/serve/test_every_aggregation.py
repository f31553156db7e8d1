"""Every aggregation, type, window and precision over drawn histories: evaluator and read path against brute force.

Flink's part of the same is in tests/integration/test_every_aggregation.py.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millpond.algebra.replay import replay
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, HOUR, MINUTE
from tests.integration.cases import Cell, cells, history, pool, scale_of, told
from tests.integration.deployed import all_of
from tests.oracles import aggregations
from tests.oracles.agree import agrees, beyond
from tests.oracles.asked import Answer, Asked
from tests.unit.serve import as_stored

END: Final = 20_000 * DAY + 12 * HOUR
CELLS: Final = list(cells())
VIEWS: Final = sorted({cell.view for cell in CELLS})
HISTORIES: Final = st.integers(0, 2**32).map(lambda seed: history(random.Random(seed), 1, END))
INSTANTS: Final = st.sampled_from((END, END + 1, END + MINUTE, END + HOUR - 1, END + HOUR, END + 2 * HOUR + 7))
KEY: Final = ("case 0",)
FEW: Final = 2  # events or values that a tile keeps, so that many windows are capped


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ViewPlan]:
    """A view of the cases by name; not the pool itself, which is long when a failure shows it."""
    compiled = pool(tmp_path_factory.mktemp("cases"))

    def view(name: str) -> ViewPlan:
        return compiled.view(f"cases.{name}")

    return view


def asked_of(view: ViewPlan) -> Iterator[tuple[str, Asked, Cell]]:
    for cell in CELLS:
        if cell.view == view.name:
            for window in cell.given.windows:
                name = f"{cell.name}_{window}"
                yield name, cell.asked(window, view.feature(name).level_ms), cell


def brute_force(view: ViewPlan, events: list[dict[str, Any]], q: int) -> dict[str, tuple[Asked, Answer]]:
    known = told(events)
    return {name: (asked, aggregations.answers(asked, known, [(KEY, q)])[0]) for name, asked, _ in asked_of(view)}


@pytest.mark.parametrize("name", VIEWS)
@settings(max_examples=12, deadline=None)
@given(events=HISTORIES, q=INSTANTS, order=st.integers(0, 2**32))
def test_evaluator_and_read_path_equal_brute_force(
    made: Callable[[str], ViewPlan], name: str, events: list[dict[str, Any]], q: int, order: int
) -> None:
    view = made(name)
    by_hand = brute_force(view, events, q)
    random.Random(order).shuffle(events)
    evaluated = replay(view, events, KEY, q)
    vector = as_stored.read(all_of(view), view, events, KEY, q, now=q)
    for feature, (asked, wanted) in by_hand.items():
        at = vector.names.index(f"{name}.{feature}")
        status, got = vector.statuses[at], vector.computed[at]
        is_beyond = asked.kind == "sum" and beyond(wanted, scale_of(asked))
        assert (status == "overflow") == is_beyond, (feature, wanted)
        if is_beyond:
            assert evaluated[feature] is None
            continue
        assert status in ("present", "empty")
        doubles = asked.fields == ("real",)
        assert agrees(asked, got, wanted, doubles=doubles), (feature, got, wanted)
        assert agrees(asked, evaluated[feature], wanted, doubles=doubles), (feature, evaluated[feature], wanted)


@pytest.mark.parametrize("name", VIEWS)
@settings(max_examples=6, deadline=None)
@given(events=HISTORIES, q=INSTANTS, days=st.integers(1, 9), far=st.integers(0, 2**32))
def test_shifted_by_whole_days_or_with_events_outside_nothing_changes(
    made: Callable[[str], ViewPlan], name: str, events: list[dict[str, Any]], q: int, days: int, far: int
) -> None:
    view = made(name)
    before = replay(view, events, KEY, q)
    shifted = [event | {"at": event["at"] + days * DAY} for event in events]
    assert replay(view, shifted, KEY, q + days * DAY) == before
    others = [event | {"case_id": "another", "id": f"x{i}"} for i, event in enumerate(events)]
    later = [event | {"at": event["at"] + DAY, "id": f"y{i}"} for i, event in enumerate(events)]
    assert replay(view, [*others, *events, *later], KEY, q) == before


@pytest.mark.parametrize("name", [name for name in VIEWS if name.endswith("_exactly")])
@settings(max_examples=12, deadline=None)
@given(events=HISTORIES, q=st.integers(END - HOUR, END + 4 * HOUR))
def test_where_a_tile_kept_too_few_events_a_window_is_capped_and_else_exact(
    made: Callable[[str], ViewPlan], name: str, events: list[dict[str, Any]], q: int
) -> None:
    """Also at past instants, whose head tile may hold later events."""
    view = with_few_kept(made(name))
    vector = as_stored.read(all_of(view), view, events, KEY, q, now=max(q, END))
    exact = brute_force(view, events, q)
    for feature, (asked, wanted) in exact.items():
        at = vector.names.index(f"{name}.{feature}")
        status, got = vector.statuses[at], vector.computed[at]
        doubles = asked.fields == ("real",)
        if status in ("present", "empty"):
            assert agrees(asked, got, wanted, doubles=doubles), (feature, got, wanted)
        elif status == "capped":
            # The tail is that of whole tiles; of a delayed window the head is, too, and each for itself.
            whole = replace(asked, step_ms=view.feature(feature).level_ms)
            (rounded,) = aggregations.answers(whole, told(events), [(KEY, q)])
            assert "delayed" in feature or agrees(asked, got, rounded, doubles=doubles), (feature, got, rounded)
        else:
            at_past = status in ("ahead", "incomplete") and q < END
            assert at_past or (status == "overflow" and beyond(wanted, scale_of(asked))), (
                feature,
                status,
            )


def with_few_kept(view: ViewPlan) -> ViewPlan:
    """An exact view whose tiles keep few events."""
    *others, events = view.partials
    return msgspec.structs.replace(view, partials=(*others, msgspec.structs.replace(events, most=FEW)))
