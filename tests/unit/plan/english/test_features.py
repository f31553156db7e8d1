"""One sentence a feature, out of its Plan: every aggregation, condition, window and key of the pools that are here."""

from pathlib import Path

import pytest

from millpond.define.aggregations import ALL
from millpond.define.aggregations.one_event import Chosen
from millpond.define.compiler import compile_pool
from millpond.plan import aggregations
from millpond.plan.compiled import load_compiled
from millpond.plan.english.features import AGGREGATIONS, CHOSEN, reads_of, sentence
from millpond.plan.model import Pool, ViewPlan
from tests.unit.define.sample import RIGHT, project, view_file

ROOT = Path(__file__).parents[4]

SAID = {
    "retail.household": {
        "lines_24h": "How many lines sold of one household there were in the last 24 hours.",
        "spend_30d_delayed_30d": "The sum of paid over the lines sold of one household "
        "in the 30 days up to 30 days ago.",
        "spend_lifetime": "The sum of paid over the lines sold of one household since the beginning.",
        "mean_line_30d": "The mean of paid over the lines sold of one household in the last 30 days.",
        "coupon_lines_90d": "How many lines sold of one household there were in the last 90 days, "
        "where coupon_discount is more than 0.",
        "saved_30d": "The sum of shelf_discount + coupon_discount over the lines sold of one household "
        "in the last 30 days.",
    },
    "retail.household_store": {
        "dearest_line_90d": "The greatest paid over the lines sold of one household store in the last 90 days.",
    },
    "retail.product": {
        "lowest_paid_30d": "The least paid over the lines sold of one product in the last 30 days.",
        "promoted_lines_30d": "How many lines sold of one product there were in the last 30 days, "
        "where shelf_discount is more than 0 or coupon_discount is more than 0.",
        "multi_buys_30d": "How many lines sold of one product there were in the last 30 days, "
        "where quantity is from 2 to 6.",
    },
    "shop.customer": {
        "visits_lifetime_delayed_30d": "How many sales of one customer there were from the beginning "
        "up to 30 days ago.",
        "big_30d": "How many sales of one customer there were in the last 30 days, "
        "where amount is from 100 to 999.99 and gift is false and fee / 2 is less than 5.",
        "most_90d": "The greatest amount × quantity over the sales of one customer in the last 90 days, "
        'where channel is "WEB" or "TILL".',
        "last_paid_30d": "The latest paid_at over the sales of one customer in the last 30 days.",
    },
    "shop.habits": {
        "first_articles_1h": "The article_id of the first 2 of the sales of one customer, the first one first, "
        "in the last hour.",
        "last_amounts_1h": "The amount of the last 2 of the sales of one customer, the last one first, "
        "in the last hour.",
        "stores_1h": "How many different values of store_id the sales of one customer have in the last hour.",
        "new_stores_7d": "How many values of store_id are new to the sales of one customer (remembered for 30 days) "
        "in the last 7 days.",
        "channels_1h": "The most frequent value of channel over the sales of one customer in the last hour.",
        "channel_counts_1h": "How often each value of channel occurs in the sales of one customer in the last hour.",
        "high_1h": "The 0.9 quantile of amount over the sales of one customer in the last hour.",
        "middle_1h": "The median of amount over the sales of one customer in the last hour, "
        "where amount is more than 100.",
    },
    "shop.profile": {
        "spend_var_7d": "The variance of amount over the sales of one customer in the last 7 days.",
        "spend_std_7d": "The standard deviation of amount over the sales of one customer in the last 7 days, "
        "where gift is false.",
        "spend_skew_7d": "The skewness of amount over the sales of one customer in the last 7 days.",
        "quantity_kurtosis_7d": "The excess kurtosis of quantity over the sales of one customer in the last 7 days.",
        "since_first_7d": "Seconds from the first of the sales of one customer to the read, in the last 7 days.",
        "since_gift_7d": "Seconds from the last of the sales of one customer to the read, in the last 7 days, "
        "where gift is true.",
        "first_sale_lifetime": "The sale_id of the first of the sales of one customer since the beginning.",
        "last_rating_7d_delayed_1d": "The rating of the last of the sales of one customer "
        "in the 7 days up to 1 day ago.",
        "home_campaign_7d": 'The extra["campaign"] of the last of the sales of one customer in the last 7 days.',
        "billed_count_7d": "The billed_to.count of the one with the greatest billed_to.place.lon of the sales of "
        "one customer in the last 7 days.",
        "lightest_7d": "The quantity of the one with the least weight of the sales of one customer in the last 7 days, "
        "where amount is more than 0.",
        "channel_min_1d": "The first channel by its bytes over the sales of one customer in the last day.",
        "returned_max_7d": "The last returned_by by its bytes over the sales of one customer in the last 7 days.",
    },
}


@pytest.fixture(scope="module")
def pools() -> Pool:
    right, retail = load_compiled(RIGHT), load_compiled(ROOT)
    return Pool(views=(*right.views, *retail.views), sets=())


@pytest.mark.parametrize("name", SAID)
def test_a_feature_is_said_in_a_sentence(name: str, pools: Pool) -> None:
    view = pools.view(name)
    assert {feature: sentence(view, [view.feature(feature)]) for feature in SAID[name]} == SAID[name]


def test_every_aggregation_has_its_words_and_one_of_the_sentences_here(pools: Pool) -> None:
    told = {pools.view(name).feature(feature).aggregation for name, said in SAID.items() for feature in said}
    assert AGGREGATIONS.keys() == aggregations.AGGREGATIONS.keys() == told


def test_every_feature_of_the_pools_has_a_sentence_of_its_own(pools: Pool) -> None:
    for view in pools.views:
        said = [sentence(view, [feature]) for feature in view.features]
        assert len(set(said)) == len(said)


def test_windows_and_parts_of_one_aggregation_are_one_sentence(pools: Pool) -> None:
    household, profile = pools.view("retail.household"), pools.view("shop.profile")
    spend = [feature for feature in household.features if feature.name.startswith("spend_")]
    home = [feature for feature in profile.features if feature.name.startswith("home_")]

    assert sentence(household, spend) == (
        "The sum of paid over the lines sold of one household in the last 24 hours, 30 days and 90 days, "
        "since the beginning, and in the 30 days up to 30 days ago."
    )
    assert sentence(profile, home) == (
        'The address.city, address.place.lat and extra["campaign"] of the last of the sales of one customer '
        "in the last 7 days."
    )


def compiled(root: Path, text: str) -> ViewPlan:
    return compile_pool(project(root / "p", {"features/shop/visitor.py": text})).view("shop.visitor")


def test_a_key_of_another_name_is_said(tmp_path: Path) -> None:
    view = compiled(tmp_path, view_file("visitor", '{"sales": Count()}').replace("_.customer_id", "_.channel.lower()"))

    assert sentence(view, view.features) == (
        "How many sales of one customer (as channel in lower case) there were in the last hour."
    )


def test_several_most_frequent_values_say_their_order(tmp_path: Path) -> None:
    view = compiled(tmp_path, view_file("visitor", '{"top": TopK(_.channel, k=3)}'))

    assert sentence(view, view.features) == (
        "The 3 most frequent values of channel over the sales of one customer, the most frequent one first, "
        "in the last hour."
    )


def test_a_sum_of_wide_decimals_and_one_in_limbs_are_said_alike(tmp_path: Path) -> None:
    features = '{"fees": Sum(_.fee), "more": Sum(_.fee + _.quantity, where=_.gift)}'
    view = compiled(tmp_path, view_file("visitor", features))

    assert [sentence(view, [feature]) for feature in view.features] == [
        "The sum of fee over the sales of one customer in the last hour.",
        "The sum of fee + quantity over the sales of one customer in the last hour, where gift is true.",
    ]


def test_what_is_read_is_told_apart(pools: Pool) -> None:
    profile = pools.view("shop.profile")
    lightest = reads_of(profile, [profile.feature("lightest_7d")])

    assert lightest.fields == ("customer_id", "quantity", "weight", "amount")
    assert [len(part) for part in lightest] == [1, 1, 1, 1]
    assert reads_of(profile, [profile.feature("returned_max_7d")]).fields == ("customer_id", "returned_by")


def test_the_fields_of_every_view_are_read_by_its_features(pools: Pool) -> None:
    """Those of an exact view's kept events are the same; when and which an event is, aggregations alone need."""
    for view in pools.views:
        read = {name for feature in view.features for name in reads_of(view, [feature]).fields}
        apart = {view.source.event_time, view.source.event_id}
        assert read - apart == view.fields_read - apart


def test_those_that_choose_an_event_are_those_that_take_a_by() -> None:
    assert {kind.kind for kind in ALL if issubclass(kind, Chosen)} == CHOSEN
