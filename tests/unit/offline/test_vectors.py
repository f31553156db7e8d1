"""Vectors from DuckDB: every aggregation, type, window and precision, against brute force and against the read path."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import pytest

from millpond.algebra.values import Value
from millpond.offline.events import Events
from millpond.offline.vectors import Ask, vectors
from millpond.plan.errors import ReadError
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, HOUR
from millpond.serve.vector import Vector
from tests.integration.cases import COLUMNS, Cell, cells, pool, scale_of, shuffled, told
from tests.integration.deployed import all_of
from tests.oracles import aggregations
from tests.oracles.agree import agrees, beyond
from tests.unit.offline.given import events as events_of
from tests.unit.serve import as_stored

END: Final = 20_000 * DAY + 12 * HOUR
CELLS: Final = list(cells())
VIEWS: Final = sorted({cell.view for cell in CELLS})
# Past ones, too: what came later is not seen.
INSTANTS: Final = (END - HOUR, END - 100, END, END + 1, END + HOUR - 1, END + HOUR, END + 2 * HOUR + 7)
KEYS: Final = (*(f"case {case}" for case in range(8)), "nobody")
ASKS: Final = [Ask({"case_id": key}, q) for q in INSTANTS for key in KEYS]
FEW: Final = 2  # events that a tile keeps, so that many windows are capped

View = Callable[[str], ViewPlan]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> View:
    """A view of the cases by name; not the pool itself, which is long when a failure shows it."""
    compiled = pool(tmp_path_factory.mktemp("cases"))
    return lambda name: compiled.view(f"cases.{name}")


def happened(seed: int) -> list[dict[str, Any]]:
    """What happened to eight entities, in no order."""
    return shuffled(seed, 8, END)


def evaluated(view: ViewPlan, events: list[dict[str, Any]], asks: list[Ask] = ASKS) -> list[Vector]:
    with events_of(view.source, events) as held:
        return vectors(held, all_of(view), [view], asks)


@pytest.mark.parametrize("name", VIEWS)
def test_the_numbers_are_those_of_brute_force(made: View, name: str) -> None:
    view, events = made(name), happened(VIEWS.index(name))
    found = evaluated(view, events)
    for cell in CELLS:
        for window in cell.given.windows if cell.view == name else ():
            compare(view, cell, window, found, events)


def compare(view: ViewPlan, cell: Cell, window: str, found: list[Vector], events: list[dict[str, Any]]) -> None:
    feature = f"{cell.name}_{window}"
    asked = cell.asked(window, view.feature(feature).level_ms)
    wanted = aggregations.answers(asked, told(events), [((key,), q) for q in INSTANTS for key in KEYS])
    at = found[0].names.index(f"{view.name}.{feature}")
    for vector, answer in zip(found, wanted, strict=True):
        got, status = vector.values[at], vector.statuses[at]
        if asked.kind == "sum" and beyond(answer, scale_of(asked)):
            assert (got, status) == (None, "overflow"), (feature, answer)
            continue
        assert status in ("present", "empty"), (feature, status)
        doubles = asked.fields == ("real",)
        assert agrees(asked, got, answer, doubles=doubles), (feature, vector.as_of, got, answer)


@pytest.mark.parametrize("name", [*VIEWS, "capped"])
def test_values_and_statuses_are_those_of_the_read_path(made: View, name: str) -> None:
    same_as_read(made(name), happened(3))


@pytest.mark.parametrize("name", [name for name in VIEWS if name.endswith("_exactly")])
def test_where_a_tile_kept_too_few_events_it_is_as_the_read_path_has_it(made: View, name: str) -> None:
    says = same_as_read(with_few_kept(made(name)), happened(4))
    assert {"present", "capped", "empty"} <= says


def with_few_kept(view: ViewPlan) -> ViewPlan:
    """An exact view whose tiles keep few events."""
    *others, events = view.partials
    return msgspec.structs.replace(view, partials=(*others, msgspec.structs.replace(events, most=FEW)))


def same_as_read(view: ViewPlan, events: list[dict[str, Any]]) -> set[str]:
    """Compares with what a Reader gives at each instant of the tiles that there were by then."""
    plan = all_of(view)
    for ask, vector in zip(ASKS, evaluated(view, events), strict=True):
        assert ask.q is not None
        known = [event for event in events if event["at"] <= ask.q and event["case_id"] == ask.request["case_id"]]
        wanted = as_stored.read(plan, view, known, (ask.request["case_id"],), ask.q, now=ask.q)
        assert vector.statuses == wanted.statuses
        for name, one, other in zip(vector.names, vector.values, wanted.values, strict=True):
            assert same(one, other), (name, ask, one, other)
    return {status for vector in evaluated(view, events) for status in vector.statuses}


def same(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):  # sums of doubles are added in another order
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return repr(one) == repr(other)  # of several also in their order, and zero without a sign


# a tile of a minute    |------(x--x--x)-----|         an hour later    q
#                                lo                                     lo is where it is wanted
@pytest.mark.parametrize(("after", "status"), [(0, "present"), (1, "present"), (2, "capped"), (3, "capped")])
def test_a_tile_that_kept_all_that_is_wanted_is_not_capped(made: View, after: int, status: str) -> None:
    view = with_few_kept(made("of_whole_exactly"))
    q = END + 30_000
    lo = q - HOUR + 1
    times = [lo - 1 - before for before in range(4 - after)] + [lo + later for later in range(after)]
    events = [
        dict.fromkeys(COLUMNS) | {"id": f"e{at}", "at": at, "case_id": "case 0", "flag": True} for at in [*times, q]
    ]
    (vector,) = evaluated(view, events, [Ask({"case_id": "case 0"}, q)])
    at = vector.names.index("of_whole_exactly.count_1h")
    assert (vector.values[at], vector.statuses[at]) == (5 if status == "capped" else after + 1, status)


def test_without_a_key_there_is_nothing_and_it_says_so(made: View) -> None:
    (vector,) = evaluated(made("of_word"), happened(0), [Ask({"case_id": None}, END)])
    assert set(vector.statuses) == {"no_key"}
    assert set(vector.values) == {None}


def test_an_instant_must_be_given_and_a_request_be_whole(made: View) -> None:
    view = made("of_word")
    with nothing(view) as events:
        with pytest.raises(ReadError, match="no own_event to take the instant from"):
            vectors(events, all_of(view), [view], [Ask({"case_id": "case 0"})])
        with pytest.raises(ReadError, match="no field 'case_id'"):
            vectors(events, all_of(view), [view], [Ask({}, END)])
        with pytest.raises(ReadError, match="which is no string"):
            vectors(events, all_of(view), [view], [Ask({"case_id": 7}, END)])


@contextmanager
def nothing(view: ViewPlan) -> Iterator[Events]:
    with events_of(view.source, []) as events:
        yield events


def test_of_no_events_everything_is_empty(made: View) -> None:
    found = evaluated(made("of_money"), [])
    assert {status for vector in found for status in vector.statuses} == {"empty"}
