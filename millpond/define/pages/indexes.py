"""The page of a view, and the one over all."""

from collections.abc import Iterator

from millpond.define.pages.book import INDEX, Book, feature_page, set_page, view_page, what_of
from millpond.define.pages.markdown import authored, code, link, prose, table
from millpond.plan.english.expressions import value
from millpond.plan.model import ViewPlan


def view_parts(book: Book, view: ViewPlan) -> Iterator[str]:
    """The blocks of a view's page."""
    page = view_page(view)
    yield f"# {view.full_name}"
    if view.description:
        yield authored(view.description)
    yield " · ".join(
        [
            f"version {view.version}",
            f"owner {prose(view.owner)}",
            link("definition", book.file(view), page),
            link("all features", INDEX, page),
        ]
    )
    keys = [
        f"{code(key.name)} is {code(value(expr))} of the event"
        for key, expr in zip(view.entity.keys, view.by, strict=True)
    ]
    yield f"Of each {code(view.entity.name)}, from {code(view.source.topic)}: {', '.join(keys)}."
    yield table(
        ["feature", "what", "in a vector"],
        (
            [
                link(code(group.name), feature_page(view, group.name), page),
                what_of(view, group, group.features),
                ", ".join(code(feature.name) for feature in group.features),
            ]
            for group in book.groups(view)
        ),
    )
    sets = [
        [link(plan.full_name, set_page(plan), page), code(binding.alias)]
        for plan in book.pool.sets
        for binding in plan.bindings
        if binding.view == view.full_name
    ]
    if sets:
        yield table(["read by the set", "as"], sets)


def index_parts(book: Book) -> Iterator[str]:
    """The blocks of the page over all."""
    pool = book.pool
    yield "# Features"
    groups = sum(1 for view in pool.views for _group in book.groups(view))
    yield (
        f"{groups} features of {len(pool.views)} views, each with a page: what it is, an example, what it is made of "
        f"and where it is read. {len(pool.sets)} sets: the vectors that models read."
    )
    for domain in sorted({view.domain for view in pool.views} | {plan.domain for plan in pool.sets}):
        yield f"## {domain}"
        views = [view for view in pool.views if view.domain == domain]
        if views:
            yield table(["view", "of each", "what", "features", "owner"], (_view(book, view) for view in views))
        sets = [plan for plan in pool.sets if plan.domain == domain]
        if sets:
            yield table(
                ["set", "what", "places", "owner"],
                (
                    [
                        link(plan.name, set_page(plan), INDEX),
                        authored(plan.description),
                        str(len(plan.places)),
                        prose(plan.owner),
                    ]
                    for plan in sets
                ),
            )


def _view(book: Book, view: ViewPlan) -> list[str]:
    features = [link(group.name, feature_page(view, group.name), INDEX) for group in book.groups(view)]
    return [
        link(view.name, view_page(view), INDEX),
        prose(view.entity.name),
        authored(view.description),
        ", ".join(features),
        prose(view.owner),
    ]
