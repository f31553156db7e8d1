"""Plans as notebooks show them."""

import json
from pathlib import Path

from millpond.plan.compiled import load_compiled
from millpond.plan.model import ViewPlan, decode, encode
from tests.unit.define.sample import RIGHT
from tests.unit.plan.cards import safe

ROOT = Path(__file__).parents[3]


def test_a_view_tells_each_of_its_features_in_a_sentence() -> None:
    read = safe(load_compiled(ROOT).view("retail.household")._repr_html_())

    assert "retail.household" in read.texts
    assert "view, version 1" in read.texts
    at = read.texts.index("spend_24h")
    assert read.texts[at : at + 5] == [
        "spend_24h",
        "decimal(38,2)",
        "The sum of paid over the lines sold of one household in the last 24 hours.",
        "0",
        "less than 1 hour",
    ]


def test_every_view_and_set_and_the_pool_have_a_card() -> None:
    for root in (ROOT, RIGHT):
        pool = load_compiled(root)
        overall = safe(pool._repr_html_()).texts
        for view in pool.views:
            assert set(view.feature_names) <= set(safe(view._repr_html_()).texts)
            assert view.full_name in overall
        for plan in pool.sets:
            assert {place.name for place in plan.places} <= set(safe(plan._repr_html_()).texts)
            assert plan.full_name in overall


def test_a_set_says_what_its_places_are_and_whether_its_event_counts() -> None:
    sets = {plan.full_name: safe(plan._repr_html_()).texts for plan in load_compiled(RIGHT).sets}

    till, before = sets["risk.till"], sets["risk.before"]
    assert till[till.index("buyer.visits_1h") + 2] == "visits_1h of shop.customer version 1"
    assert till[till.index("is_far") + 2] == "km_north is more than 100 and over_mean is more than 1"
    assert till[till.index("paid") + 2] == "What is paid now."
    assert before[before.index("own event") + 1] == "exclude that of shop.sale.v1"


def test_a_plan_that_was_written_by_somebody_else_runs_nothing() -> None:
    evil = "<img src=x onerror=alert(1)>"
    document = json.loads(encode(load_compiled(RIGHT).view("shop.article")))
    document |= {"description": evil, "owner": evil, "domain": evil, "precision": evil}
    document["source"] |= {"topic": evil, "name": evil}
    document["entity"]["name"] = evil
    document["features"][0]["name"] = evil

    read = safe(decode(json.dumps(document), ViewPlan, where="here")._repr_html_())

    assert sum(evil in text for text in read.texts) >= 5
