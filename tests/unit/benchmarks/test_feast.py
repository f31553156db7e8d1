"""Side by side with Feast: what is compared must be equal, and ratios are of slices that ran after each other."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import environments, feast
from benchmarks.feast import MANY
from millpond.plan.errors import MillpondError


class Published:
    """A set that gives the same vector for every request."""

    def __init__(self, **values: object) -> None:
        self._vector = SimpleNamespace(as_dict=lambda: values)

    def read_many(self, requests: list[object], **_: object) -> list[Any]:
        return [self._vector for _ in requests]


OURS: Any = Published(**{"card.volume_10m": Decimal("0.10"), "card.payments_10m": 3})


def test_money_is_compared_as_the_double_nearest_to_it() -> None:
    feast._must_be_equal(OURS, [{}, {}], 0, {"card__volume_10m": [0.1, 0.1], "card__payments_10m": [3, 3]})


@pytest.mark.parametrize("second", [0.2, 0.10000000000000002])
def test_a_value_that_differs_in_any_request_is_refused(second: float) -> None:
    with pytest.raises(MillpondError, match="must be equal"):
        feast._must_be_equal(OURS, [{}, {}], 0, {"card__volume_10m": [0.1, second], "card__payments_10m": [3, 3]})


def test_a_null_is_refused_though_both_have_it() -> None:
    nothing: Any = Published(**{"card.mean_30d": None})
    theirs: Any = {"card__mean_30d": [None]}
    with pytest.raises(MillpondError, match="must be equal"):
        feast._must_be_equal(nothing, [{}], 0, theirs)


def test_a_ratio_is_of_one_round_and_above_one_where_the_reader_is_faster() -> None:
    ours = {1: [[100.0, 100.0, 400.0], [200.0] * 3], MANY: [[1000.0], [1000.0]]}
    feasts = {1: [[250.0, 250.0, 700.0], [300.0] * 3], MANY: [[12_000.0], [8_000.0]]}
    twice = {1: [[50.0, 50.0, 200.0], [100.0] * 3], MANY: [[500.0], [500.0]]}
    figures = feast._figures({"": ours, "cached_": twice, feast.FEAST: feasts})
    # 100 of 250 and 200 of 300; 1,200 over 600 and 900 over 600; 12 and 8.
    assert (figures["p50_over_feasts"].least, figures["p50_over_feasts"].most) == (0.4, 0.666667)
    assert (figures["times_feasts_throughput"].least, figures["times_feasts_throughput"].most) == (1.5, 2)
    assert figures[f"times_feasts_throughput_{MANY}_a_call"].median == 10
    assert figures[f"cached_times_feasts_throughput_{MANY}_a_call"].median == 20
    assert figures["feast_vectors_per_second"].least == 2500  # 3 in 1.2 ms


def test_versions_are_those_installed_there_and_none_where_nothing_is(tmp_path: Any) -> None:
    told = tmp_path / "lib" / "python3.11" / "site-packages" / "feast-0.67.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: feast\nVersion: 0.67.0\n")
    assert environments.versions(tmp_path, ("redis", "feast")) == {"feast": "0.67.0"}
    assert environments.versions(tmp_path / "nowhere", ("feast",)) == {}
