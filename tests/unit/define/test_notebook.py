"""Definitions as notebooks show them."""

import pytest

from millpond import (
    LIFETIME,
    ArgMax,
    Count,
    CountNew,
    Derived,
    Last,
    Median,
    Quantile,
    Sum,
    Window,
    _,
    haversine_km,
    local_day_of_week,
    local_hour,
)
from millpond.define.aggregations import ALL, Aggregation
from millpond.define.loader import AuthoredPool, load_pool
from millpond.define.notebook import as_written, rule
from tests.unit.define.sample import RIGHT
from tests.unit.plan.cards import safe


@pytest.fixture(scope="module")
def pool() -> AuthoredPool:
    return load_pool(RIGHT)


@pytest.mark.parametrize(
    ("aggregation", "text"),
    [
        (Count(), "Count()"),
        (Count(where=_.gift, windows=["1h"], description="Presents."), "Count(where=_.gift)"),
        (Sum(_.amount - _.discount), "Sum((_.amount - _.discount))"),
        (Sum(_["a=b"], where=_.amount > 5), "Sum(_['a=b'], where=(_.amount > 5))"),
        (Last({"lat": _.lat, "lon": _.lon}), "Last({'lat': _.lat, 'lon': _.lon})"),
        (ArgMax(_.sale_id, by=_.amount), "ArgMax(_.sale_id, by=_.amount)"),
        (Median(_.amount), "Median(_.amount)"),
        (Quantile(_.amount, p="0.9", cap=64), "Quantile(_.amount, cap=64, p='0.9')"),
        (CountNew(_.store_id, keep="30d"), "CountNew(_.store_id, keep='30d')"),
        (Sum(haversine_km(_.a, _.b, _.c, 0)), "Sum(haversine_km(_.a, _.b, _.c, 0))"),
        (Sum(local_hour(_.at, "UTC")), "Sum(local_hour(_.at, 'UTC'))"),
        (Sum(local_day_of_week(_.at, "UTC")), "Sum(local_day_of_week(_.at, 'UTC'))"),
    ],
    ids=str,
)
def test_an_aggregation_is_shown_as_it_is_written(aggregation: Aggregation, text: str) -> None:
    assert as_written(aggregation) == text
    assert safe(aggregation._repr_html_()).texts[0] == text


def test_every_aggregation_says_what_it_is_in_a_sentence() -> None:
    for kind in ALL:
        assert (kind.__doc__ or "").partition("\n")[0].endswith(".")
    assert rule(Count()) == "How many events; 0 where there are none."


def test_an_aggregation_says_its_windows_or_whose_they_are() -> None:
    assert (
        "1h, lifetime, 30d_delayed_7d"
        in safe(Count(windows=["1h", LIFETIME, Window("30d", delay="7d")])._repr_html_()).texts
    )
    assert "those of its view" in safe(Count()._repr_html_()).texts


def test_a_view_shows_its_aggregations_and_their_windows(pool: AuthoredPool) -> None:
    texts = safe(pool.views["shop", "customer"]._repr_html_()).texts

    at = texts.index("spend")
    assert texts[at : at + 4] == ["spend", "Sum(_.amount)", "1h, 30d", "What was paid at the till."]
    assert "customer_id: _.customer_id" in texts


def test_a_set_shows_its_places(pool: AuthoredPool) -> None:
    till = safe(pool.sets["risk", "till"]._repr_html_()).texts
    before = safe(pool.sets["risk", "before"]._repr_html_()).texts

    assert till[till.index("giver.spend_30d") + 1] == "spend_30d of the view customer"
    assert till[till.index("night") + 1] == "(_.request.sold_at.hour() < 6)"
    assert "an event of sales" in till
    assert before[before.index("own event") + 1] == "exclude"


def test_every_definition_of_the_pool_has_a_card(pool: AuthoredPool) -> None:
    for domain in (pool.sources, pool.entities, pool.views.values(), pool.sets.values()):
        assert all(one.name in safe(one._repr_html_()).texts for one in domain)
    for view in pool.views.values():
        for aggregation in view.features.values():
            safe(aggregation._repr_html_())


def test_a_source_says_where_its_events_are(pool: AuthoredPool) -> None:
    texts = safe(next(one for one in pool.sources if one.name == "replayed_sales")._repr_html_()).texts

    assert "shop.sale-history.v1" in texts
    assert "The same, read back from the archive." in texts
    assert "event id" not in texts


def test_what_is_written_runs_nothing() -> None:
    evil = "<script>alert(1)</script>"

    assert evil in safe(Count(description=evil)._repr_html_()).texts
    assert evil in safe(Derived("x", _.request.y, description=evil)._repr_html_()).texts
    assert any(evil in text for text in safe(Count(where=_.channel == evil)._repr_html_()).texts)
