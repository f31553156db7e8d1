"""A pool over another topic, and a pool that has grown by views one oracle answers for."""

from millpond.local.workspace import Workspace
from millpond.plan.compiled import load_compiled
from tests.faults.pools import original, pool_over, with_twins

POOL = load_compiled(Workspace.find().root)


def test_over_another_topic_the_sets_bind_the_views_of_that_topic() -> None:
    pool = pool_over(POOL, "elsewhere.v1")
    assert {view.source.topic for view in pool.views} == {"elsewhere.v1"}
    meaning = {view.full_name: view.meaning for view in pool.views}
    assert all(binding.meaning == meaning[binding.view] for plan in pool.sets for binding in plan.bindings)


def test_twins_are_new_views_with_the_features_of_their_originals_and_the_rest_stays() -> None:
    pool = with_twins(POOL, "retail.shopper")
    assert pool.views[: len(POOL.views)] == POOL.views
    assert pool.sets[:-1] == POOL.sets
    twins = pool.views[len(POOL.views) :]
    assert [twin.name for twin in twins] == ["household_again", "household_store_again", "store_again"]
    for twin in twins:
        assert twin.features == POOL.view(original(twin.full_name)).features
    again = pool.sets[-1]
    assert again.full_name == "retail.shopper_again"
    assert {binding.view for binding in again.bindings} == {twin.full_name for twin in twins}
