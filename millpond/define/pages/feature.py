"""The page of a feature: what it is, what stands in a vector, an example, what it is made of, and where it is read."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from millpond.algebra.values import Value
from millpond.define.examples import Example
from millpond.define.fields import doc_of
from millpond.define.notebook import rule
from millpond.define.pages import axis
from millpond.define.pages.book import Book, Group, Reading, derived_page, examples_file, feature_page, set_page
from millpond.define.pages.markdown import authored, block, code, link, prose, table
from millpond.define.pages.reading import how_to_read
from millpond.plan.aggregations import AGGREGATIONS
from millpond.plan.english.expressions import joined
from millpond.plan.english.features import reads_of, sentence, state_of
from millpond.plan.english.values import instant, shown
from millpond.plan.english.windows import duration
from millpond.plan.expr import fields_of
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.plan.paths import parse, shape_of
from millpond.plan.types import Type


def feature_parts(book: Book, view: ViewPlan, group: Group) -> Iterator[str]:
    """The blocks of a feature's page."""
    page = feature_page(view, group.name)
    yield f"# {group.name}"
    if group.aggregation.description:
        yield authored(group.aggregation.description)
    yield prose(sentence(view, group.features))
    yield f"{code(type(group.aggregation).__name__)}: {rule(group.aggregation)}"
    yield " · ".join(
        [
            f"{link(f'{view.domain}.{view.name}', page.with_name('README.md'), page)} version {view.version}",
            f"owner {prose(view.owner)}",
            link("definition", book.file(view), page),
        ]
    )
    yield "## In a vector"
    yield table(["name", "type", "with no events", "tail error", "tiles"], map(_row, group.features))
    yield block("text", axis.drawn(group.features))
    yield _notes(view, group)
    yield "## Example"
    yield from _example(book, view, group, page)
    yield "## Made of"
    yield from _source(book, view, group, page)
    yield "## Read by"
    yield from _readings(book, view, group, page)


def _row(feature: FeaturePlan) -> list[str]:
    empty = AGGREGATIONS[feature.aggregation].empty
    return [
        code(feature.name),
        code(str(feature.type)),
        "null" if empty is None else str(empty),
        f"less than {duration(feature.tail_error_ms + 1)}" if feature.tail_error_ms else "none",
        duration(feature.level_ms),
    ]


def _notes(view: ViewPlan, group: Group) -> str:
    is_rounded = any(feature.tail_error_ms for feature in group.features)
    precision = "to the millisecond" if view.is_exact else f"to {view.precision} of a window"
    said = [axis.LEGEND, *([axis.ROUNDED] if is_rounded else []), f"The view is precise {precision}."]
    return " ".join([*said, *_caps(view, group)])


def _caps(view: ViewPlan, group: Group) -> Iterator[str]:
    """Of how much it no longer says all."""
    for partial in state_of(view, group.features[0]):
        if partial.function == "tally":
            yield f"Of more than {partial.most:,} different values in a tile it says `capped`."
    if view.is_exact:
        most = view.partials[-1].most
        yield f"Where it begins or ends within a tile of more than {most:,} events it may say `capped`."


# --- an example -----------------------------------------------------------------------------------------------------


def _example(book: Book, view: ViewPlan, group: Group, page: Path) -> Iterator[str]:
    file = examples_file(view)
    example = _fullest(book.examples(view), group)
    if example is None:
        yield f"None yet: {code(file.as_posix())} is where it belongs."
        return
    yield f"{authored(example.name)} ({link('more', file, page)}):"
    fields = _columns(view, group, example)
    if example.events:
        yield table(
            list(map(code, fields)),
            ([_value(event[name], _type(view, name)) for name in fields] for event in example.events),
        )
    else:
        yield "No events."
    keys = zip(view.entity.keys, example.key, strict=True)
    whose = joined([f"{column.name} {shown(value, column.type)}" for column, value in keys], "and")
    told = [
        f"{code(feature.name)} is {_value(example.expect[feature.name], feature.type)}"
        for feature in group.features
        if feature.name in example.expect
    ]
    yield f"{prose(f'Read at {instant(example.at)} of {whose}:')} {joined(told, 'and')}."


def _value(value: Value, type: Type) -> str:
    """A value of an example; null looks unlike the text `null`."""
    return "null" if value is None else code(shown(value, type))


def _fullest(examples: list[Example], group: Group) -> Example | None:
    """The first of the examples that expect most of the group's features."""
    names = {feature.name for feature in group.features}
    told = [example for example in examples if names & example.expect.keys()]
    return max(told, key=lambda example: len(names & example.expect.keys()), default=None)


def _columns(view: ViewPlan, group: Group, example: Example) -> list[str]:
    """What is shown of an example's events: when, which where that is written, and what the feature reads."""
    which = view.source.event_id
    is_written = which is not None and any(not str(event[which]).startswith("\0") for event in example.events)
    names = [view.source.event_time, *([which] if which is not None and is_written else [])]
    return list(dict.fromkeys([*names, *reads_of(view, group.features).fields]))


# --- what it is made of, and who reads it ---------------------------------------------------------------------------


def _source(book: Book, view: ViewPlan, group: Group, page: Path) -> Iterator[str]:
    source, written = view.source, book.written(view).source
    yield " ".join(
        [
            f"Events of {code(source.name)}: topic {code(source.topic)}, {link('schema', Path(written.schema), page)},",
            f"owner {prose(written.owner)}; each may arrive up to {duration(source.lateness_ms)} after its time.",
            *([authored(written.description)] if written.description else []),
        ]
    )
    schema = book.schema(view)
    yield table(
        ["field", "type", "for", "what it is"],
        (
            [code(name), code(str(_type(view, name))), ", ".join(uses), authored(doc_of(schema.fields, parse(name)))]
            for name, uses in _uses(view, group).items()
        ),
    )


def _uses(view: ViewPlan, group: Group) -> dict[str, list[str]]:
    """What each field is read for, by its path."""
    reads = reads_of(view, group.features)
    found: defaultdict[str, list[str]] = defaultdict(list, {view.source.event_time: ["time"]})
    for use, trees in (
        ("key", reads.keys),
        ("value", reads.over),
        ("choice", reads.chosen),
        ("condition", reads.where),
    ):
        for name in dict.fromkeys(field.name for tree in trees for field in fields_of(tree)):
            found[name].append(use)
    return dict(found)


def _type(view: ViewPlan, name: str) -> Type:
    return next(column.type for column in view.source.columns if column.name == shape_of(name))


def _readings(book: Book, view: ViewPlan, group: Group, page: Path) -> Iterator[str]:
    readings = list(book.readings(view, group))
    if not readings:
        place = code(f'{view.name}["{group.features[0].name}"]')
        yield f"No set yet: {place} in the features of one makes it a place."
        return
    yield table(
        ["set", "as", "features", "derived from it", "keys from"],
        (_reading(view, group, one, page) for one in readings),
    )
    first = readings[0]
    yield how_to_read(first.plan, [*first.places, *first.derived][0])


def _reading(view: ViewPlan, group: Group, reading: Reading, page: Path) -> list[str]:
    plan, binding = reading.plan, reading.binding
    names = [parse(place)[1] for place in reading.places]
    return [
        f"{link(plan.full_name, set_page(plan), page)} version {plan.version}",
        code(binding.alias),
        "all" if len(names) == len(group.features) else ", ".join(map(code, names)),
        ", ".join(link(code(name), derived_page(plan, name), page) for name in reading.derived),
        ", ".join(map(code, binding.request_fields)),
    ]
