"""Fragments, jobs and publications."""

import pytest

from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import Publication, Served, fragments_of, job_name
from millpond.plan.model import decode, encode
from tests.unit.define.sample import RIGHT

POOL = load_compiled(RIGHT)
FRAGMENTS = [fragment for view in POOL.views for fragment in fragments_of(view, generation=2)]


def publication() -> Publication:
    """The sample pool's set of two views, as if it ran."""
    plan = next(one for one in POOL.sets if one.name == "basket")
    views = [POOL.view(binding.view) for binding in plan.bindings]
    return Publication(
        plan=plan,
        views=tuple(Served(view=v, generation=1, job="j", covered_since=0) for v in views),
    )


def test_a_view_runs_as_one_fragment_a_kind() -> None:
    assert [fragment.label for fragment in FRAGMENTS] == [
        "shop.article.v1.lifetime.g2",
        "shop.customer.v1.tiles_short.g2",
        "shop.customer.v1.lifetime.g2",
        "shop.customer_store.v2.tiles_long.g2",
        "shop.habits.v1.tiles_short.g2",
        "shop.habits.v1.tiles_long.g2",
        "shop.profile.v1.tiles_long.g2",
        "shop.profile.v1.lifetime.g2",
    ]
    assert FRAGMENTS[3].topic("dev") == "millpond.dev.shop.customer-store.v2.tiles-long.g2"


def test_a_job_is_named_by_what_it_runs_in_any_order() -> None:
    name = job_name("shop", "sales", FRAGMENTS)

    assert name == job_name("shop", "sales", reversed(FRAGMENTS))
    assert name != job_name("shop", "sales", FRAGMENTS[1:])
    assert name.startswith("shop.sales.")
    assert len(name) == len("shop.sales.") + 8


def test_a_publication_is_named_by_its_content_and_comes_back() -> None:
    published = publication()

    assert decode(encode(published), Publication, where="x") == published
    assert publication().content == published.content
    assert published.served("shop.customer", 1).view == POOL.view("shop.customer")
    with pytest.raises(KeyError):
        published.served("shop.nobody", 1)
    with pytest.raises(KeyError):
        published.served("shop.customer", 2)
