"""The pages of sets and of their derived places."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from millpond.define.pages.book import Book, derived_page, feature_page, set_page, what_of
from millpond.define.pages.markdown import authored, code, link, prose, table
from millpond.define.pages.reading import how_to_read
from millpond.plan.english.expressions import condition, value
from millpond.plan.expr import fields_of
from millpond.plan.model import DerivedPlan, SetFeature, SetPlan
from millpond.plan.paths import parse, text_of
from millpond.plan.types import BOOLEAN

REQUEST: Final = "request"
_OWN_EVENT: Final = {
    "exclude": "It is left out of the vector, which is of what was known before it.",
    "include": "It counts in the vector, which says `behind` until it has arrived.",
}


def set_parts(book: Book, plan: SetPlan) -> Iterator[str]:
    """The blocks of a set's page."""
    page = set_page(plan)
    yield f"# {plan.full_name}"
    if plan.description:
        yield authored(plan.description)
    yield _about(book, plan, page)
    yield "## The vector"
    yield table(["place", "type", "what"], (_place(book, plan, place, page) for place in plan.places))
    yield "## The request"
    if isinstance(plan.own_event, msgspec.Struct):
        yield f"It is an event of topic {code(plan.own_event.topic)} itself. {_OWN_EVENT[plan.own_event.counts]}"
    uses = _uses(book, plan)
    yield table(
        ["field", "type", "for"],
        ([code(field.name), code(str(field.type)), ", ".join(uses[field.name])] for field in plan.request),
    )
    yield how_to_read(plan, plan.places[0].name)


def derived_parts(book: Book, plan: SetPlan, place: DerivedPlan) -> Iterator[str]:
    """The blocks of a derived place's page."""
    page = derived_page(plan, place.name)
    yield f"# {place.name}"
    if place.description:
        yield authored(place.description)
    yield f"{prose(_sentence(place))} Of type {code(str(place.type))}, from these, whenever the vector is read."
    yield _about(book, plan, page)
    yield "## Made of"
    reads = dict.fromkeys(field.name for field in fields_of(place.expr))
    types = {field.name: field.type for field in fields_of(place.expr)}
    yield table(
        ["read", "type", "what it is"],
        ([code(name), code(str(types[name])), _what(book, plan, name, page)] for name in reads),
    )
    yield "Its status is the worst of theirs; where that says that a number is not to be used, it is null."
    yield "## Read by"
    yield f"{link(plan.full_name, set_page(plan), page)} version {plan.version}:"
    yield how_to_read(plan, place.name)


def _about(book: Book, plan: SetPlan, page: Path) -> str:
    within = [] if page == set_page(plan) else [f"set {link(plan.full_name, set_page(plan), page)}"]
    owner = [f"version {plan.version}", f"owner {prose(plan.owner)}"]
    return " · ".join([*within, *owner, link("definition", book.file(plan), page)])


def _sentence(place: DerivedPlan) -> str:
    return f"Whether {condition(place.expr)}." if place.type == BOOLEAN else f"Computed as {value(place.expr)}."


def _place(book: Book, plan: SetPlan, place: SetFeature | DerivedPlan, page: Path) -> list[str]:
    if isinstance(place, DerivedPlan):
        what = authored(place.description) or prose(_sentence(place))
        return [link(code(place.name), derived_page(plan, place.name), page), code(str(place.type)), what]
    view = book.bound(plan, place.alias)
    group = book.group_of(view, place.feature)
    said = what_of(view, group, [view.feature(place.feature)])
    defaults = plan.defaults if isinstance(plan.defaults, dict) else {}
    if place.name in defaults:
        said += f" {value(defaults[place.name])} instead of null."
    return [link(code(place.name), feature_page(view, group.name), page), code(str(place.type)), said]


def _what(book: Book, plan: SetPlan, name: str, page: Path) -> str:
    """What a path that a derived place reads leads to."""
    first, *rest = parse(name)
    if first == REQUEST:
        return f"the field {code(text_of(rest))} of the request"
    if not rest:
        return f"{link('derived', derived_page(plan, first), page)} before it"
    view = book.bound(plan, first)
    group = book.group_of(view, rest[0])
    said = what_of(view, group, [view.feature(rest[0])])
    return f"{link(group.name, feature_page(view, group.name), page)}: {said}"


def _uses(book: Book, plan: SetPlan) -> dict[str, list[str]]:
    """What each field of the request is given for."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for binding in plan.bindings:
        for key, name in zip(book.bound(plan, binding.alias).entity.keys, binding.request_fields, strict=True):
            found[name].append(f"{code(key.name)} of {code(binding.alias)}")
    for place in plan.computed:
        for field in dict.fromkeys(field.name for field in fields_of(place.expr)):
            first, *rest = parse(field)
            if first == REQUEST:
                found[text_of(rest)].append(code(place.name))
    if isinstance(plan.own_event, msgspec.Struct):
        found[plan.own_event.event_time].append("the time the vector is of")
        if plan.own_event.event_id is not None:
            found[plan.own_event.event_id].append("which event it is")
    return found
