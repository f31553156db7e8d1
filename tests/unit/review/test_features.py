"""Compiled features as their authors wrote them."""

import re

import pytest

from millpond.define import aggregations
from millpond.define.compiler import compile_pool
from millpond.plan.aggregations import AGGREGATIONS
from millpond.review.features import _OVER, aggregation_of, most_kept, window_of
from tests.unit.define.sample import RIGHT

POOL = compile_pool(RIGHT)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("shop.profile.spend_std_7d", "Std(_.amount, where=~_.gift)"),
        ("shop.profile.count_var_lifetime", 'Var(_["count"])'),
        ("shop.profile.quantity_kurtosis_7d", "Kurtosis(_.quantity)"),
        ("shop.profile.since_gift_7d", "SecondsSinceLast(where=_.gift)"),
        ("shop.profile.first_sale_lifetime", "First(_.sale_id)"),
        ("shop.profile.last_paid_at_7d", "Last(_.paid_at)"),
        ("shop.profile.home_campaign_7d", 'Last(_.extra["campaign"])'),
        ("shop.profile.dearest_article_7d", "ArgMax(_.article_id, by=_.amount)"),
        ("shop.profile.lightest_7d", "ArgMin(_.quantity, by=_.weight, where=_.amount > 0)"),
        ("shop.profile.channel_min_7d_delayed_1d", "Min(_.channel)"),
        ("shop.habits.first_articles_1h", "FirstK(_.article_id, k=2)"),
        ("shop.habits.new_stores_7d", 'CountNew(_.store_id, keep="30d")'),
        ("shop.habits.channels_1h", "TopK(_.channel, k=1)"),
        ("shop.habits.channel_counts_1h", "ValueCounts(_.channel)"),
        ("shop.habits.high_1h", 'Quantile(_.amount, p="0.9")'),
        ("shop.habits.middle_1h", 'Quantile(_.amount, p="0.5", where=_.amount > 100)'),
    ],
)
def test_an_aggregation_is_written_as_it_was(name: str, written: str) -> None:
    view, _, feature = name.rpartition(".")
    found = POOL.view(view)
    assert aggregation_of(found, found.feature(feature)) == written


def test_every_feature_of_the_sample_pool_is_written_with_a_class_there_is() -> None:
    for view in POOL.views:
        for feature in view.features:
            found = re.match(r"(\w+)\(", aggregation_of(view, feature))
            assert found is not None
            assert found[1] in aggregations.__all__


def test_every_aggregation_there_is_can_be_written() -> None:
    assert set(_OVER) == set(AGGREGATIONS)


def test_windows_are_told_with_their_delay() -> None:
    profile = POOL.view("shop.profile")
    told = [window_of(profile.feature(f"{name}")) for name in ("last_rating_7d_delayed_1d", "count_var_lifetime")]
    assert told == ["7d delayed 1d", "lifetime"]


def test_caps_are_part_of_a_feature() -> None:
    habits = POOL.view("shop.habits")
    assert most_kept(habits, habits.feature("last_amounts_1h")) == 2
    assert most_kept(habits, habits.feature("spend_1h")) == 0
