"""The windows of a feature, drawn: each edge under the instant where `WindowSpan.bounds` has it."""

import re

import pytest

from millpond.define.pages.axis import drawn
from millpond.define.windows import LIFETIME, Window
from millpond.plan.model import FeaturePlan
from millpond.plan.types import INT
from millpond.plan.windows import DAY, parse_duration


def feature(window: Window, tail_error_ms: int = DAY - 1) -> FeaturePlan:
    return FeaturePlan(
        name=f"n_{window.label}",
        aggregation="count",
        type=INT,
        window=window.span(),
        partials=(),
        level_ms=DAY,
        tail_error_ms=tail_error_ms,
    )


def test_windows_stand_on_one_axis() -> None:
    found = drawn([
        feature(Window("24h"), 0), feature(Window("30d")), feature(Window(LIFETIME), 0),
        feature(Window("30d", delay="30d")), feature(Window(LIFETIME, delay="7d")),
    ])  # fmt: skip

    assert found == [
        "                       beginning    60d          30d          7d           24h          now",
        "24h                                                                        [============)",
        "30d                                             ~[======================================)",
        "lifetime               [================================================================)",
        "30d_delayed_30d                    ~[===========~)",
        "lifetime_delayed_7d    [=====================================~)",
    ]


def test_features_of_one_window_are_one_line() -> None:
    assert len(drawn([feature(Window("1h")), feature(Window("1h"))])) == 2


@pytest.mark.parametrize("window", [Window("90d"), Window("7d", delay="1d"), Window("3d", delay="30d")])
def test_the_edges_are_those_of_the_bounds(window: Window) -> None:
    """With tiles of a millisecond nothing is rounded, and a bound is as far before the end of the read as is drawn."""
    q = 1_700_000_000_000
    heads, line = drawn([feature(window, 0)])
    instants = {found.start(): found[0] for found in re.finditer(r"\S+", heads)}
    edges = [instants[line.index("[")], instants[line.index(")")]]

    assert tuple(q + 1 - (0 if edge == "now" else parse_duration(edge)) for edge in edges) == window.span().bounds(q, 1)
