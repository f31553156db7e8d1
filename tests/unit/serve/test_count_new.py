"""How many values are new, against brute force: of windows shorter and longer than the tiles that they cut."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.evaluate import Event
from millpond.define.compiler import compile_pool
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, HOUR, MINUTE, SECOND, parse_duration
from tests.integration.deployed import all_of
from tests.unit.define.sample import project
from tests.unit.serve import as_stored

NOON: Final = 20_000 * DAY + 12 * HOUR  # where tiles of any size begin
FILE: Final = """
from features.shop import sources
from millpond import *
from millpond import _

{name} = FeatureView(
    "{name}", version=1, owner="loyalty", entity=sources.customer, source=sources.sales,
    by={{"customer_id": _.customer_id}}, {precision},
    features={{"new": CountNew(_.store_id, keep="{keep}", windows={windows})}},
)
"""
EXACT: Final = 'precision="exact", cap=50'
# By the name of a view its precision, how long it remembers, its windows, and its tiles.
VIEWS: Final = {
    "usual": (EXACT, "20m", ["10s", "59s", "1m", "90s", "10m"], MINUTE),
    "rough": (f'{EXACT}, fallback="100%"', "1h", ["1m", "30m"], HOUR),
    "brief": (EXACT, "5s", ["1s", "2s"], 5 * SECOND),
    "tiled_rough": ('precision="50%"', "1h", ["1m", "30m"], 15 * MINUTE),
    "tiled": ('precision="5%"', "20m", ["10s", "1m", "90s", "10m"], MINUTE),
}
# Each an instant to start from (that read, either before it, the edge of a tile), how far from it (a millisecond at
# most, or so many thousandths of a tile), and a store.
EVENTS: Final = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["ms", "tile"]), st.integers(-1_000, 1_000), st.integers(1, 3)),
    max_size=8,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ViewPlan]:
    """A view by name."""
    files = {
        f"features/shop/{name}.py": FILE.format(name=name, precision=precision, keep=keep, windows=windows)
        for name, (precision, keep, windows, _) in VIEWS.items()
    }
    pool = compile_pool(project(tmp_path_factory.mktemp("pool") / "project", files))
    return lambda name: pool.view(f"shop.{name}")


def events_at(times: Sequence[tuple[int, int]]) -> list[Event]:
    return [
        {"sale_id": f"s{n:03}", "sold_at": ts, "customer_id": "ann", "amount": Decimal(1), "store_id": store}
        for n, (ts, store) in enumerate(times)
    ]


@pytest.mark.parametrize("name", VIEWS)
@given(drawn=EVENTS, at=st.integers(0, HOUR - 1), which=st.integers(0, 4))
def test_those_that_the_window_met_and_the_time_before_it_did_not(
    made: Callable[[str], ViewPlan], name: str, drawn: list[tuple[int, str, int, int]], at: int, which: int
) -> None:
    _, kept, windows, tile = VIEWS[name]
    window, keep, view = windows[which % len(windows)], parse_duration(kept), made(name)
    q = NOON + at % (2 * tile)
    lo, since = q - parse_duration(window) + 1, q - keep
    # Of tiles alone a later event would make the answer `ahead`.
    last = q // tile * tile + tile - 1 if view.is_exact else q
    starts = (q, lo, since, lo // tile * tile)
    times = []
    for start, unit, off, store in drawn:
        ts = starts[start] + (off % 3 - 1 if unit == "ms" else tile * off // 1_000)
        times.append((min(ts, last), store))

    vector = as_stored.read(all_of(view), view, events_at(times), ("ann",), q, now=last)

    place = vector.names.index(f"{name}.new_{window}")
    met = {store for ts, store in times if lo <= ts <= q}
    before = {store for ts, store in times if since <= ts < lo}
    assert vector.statuses[place] in ("present", "empty")
    assert vector.computed[place] == len(met - before)
    assert view.feature(f"new_{window}").level_ms == tile
