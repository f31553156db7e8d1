"""A review as sections of lines and tables: what the terminal and a pull request's comment both show."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from millpond.review.bill import bill_sections, bill_summary
from millpond.review.difference import Change, Difference
from millpond.review.review import Review
from millpond.review.sections import Section, Table

_SAID: Final = {
    "new": "new",
    "new version": "in a new version",
    "meaning": "of another meaning",
    "prose": "changed in prose only",
    "gone": "gone",
}


@dataclass(frozen=True, kw_only=True)
class Report:
    """One line that says it all, and what it is said of."""

    summary: str
    sections: tuple[Section, ...]


def report(review: Review) -> Report:
    """A review in words."""
    sections = [
        *_refused(review),
        *_changes(review.difference),
        *_details(review.difference),
        *_deployment(review),
        *_tails(review),
        *bill_sections(review),
    ]
    return Report(summary=_summary(review), sections=tuple(sections))


def _summary(review: Review) -> str:
    kinds = Counter((change.what, change.kind) for change in review.difference.changes)
    told = [f"{_counted(number, what)} {_SAID[kind]}" for (what, kind), number in kinds.items()]
    unchanged = f"{review.difference.unchanged} unchanged"
    jobs = _counted(len(review.outlook.started), "job")
    deployed = "a deployment is refused" if review.is_refused else f"a deployment starts {jobs}"
    cost = "" if review.bill is None else f"; {bill_summary(review.bill)}"
    return f"Against {review.against}: {', '.join([*told, unchanged])}; {deployed}{cost}."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _refused(review: Review) -> Iterator[Section]:
    refusals = review.outlook.refused
    if refusals:
        title = "Refused at deployment" if review.is_refused else f"Refused where {review.against} is published"
        rows = tuple((error.where or "", error.what, error.mend or "") for error in refusals)
        yield Section(title=title, table=Table(head=("where", "what", "mend"), rows=rows))


def _changes(found: Difference) -> Iterator[Section]:
    if found.changes:
        rows = tuple((change.label, _SAID[change.kind], _at_a_glance(change)) for change in found.changes)
        yield Section(title="What changes", table=Table(head=("definition", "how", "where"), rows=rows))


def _at_a_glance(change: Change) -> str:
    places = list(dict.fromkeys(detail.what.partition(": ")[0] for detail in change.details))
    if change.kind == "new":
        return _counted(len(change.features), "feature") if change.what == "view" else ""
    shown = ", ".join(places[:4])
    return f"{shown}, and {len(places) - 4} more" if len(places) > 4 else shown


def _details(found: Difference) -> Iterator[Section]:
    for change in found.changes:
        if change.details:
            since = f" against v{change.before}" if change.kind == "new version" else ""
            rows = tuple((detail.what, detail.before, detail.after) for detail in change.details)
            yield Section(
                title=f"{change.label}: {_SAID[change.kind]}{since}",
                table=Table(head=("what", "before", "after"), rows=rows),
                folded=True,
            )


def _deployment(review: Review) -> Iterator[Section]:
    found = review.outlook
    lines = []
    if review.is_refused:
        lines.append("Nothing, while something is refused. Once that is mended:")
    if not found.started:
        lines.append("No job starts.")
    if found.given_up:
        lines.append(f"Given up, for they were never seen to run: {', '.join(found.given_up)}.")
    for names, what in (
        (found.published, "Published for the first time"),
        (found.republished, "Published anew with other prose"),
        (found.untouched, "Served on as they are, for every model that pins them"),
    ):
        if names:
            lines.append(f"{what}: {', '.join(names)}.")
    lines.append(f"{_counted(len(found.kept), 'fragment')} run on. No job that runs is stopped or altered.")
    rows = tuple((job.name, " ".join(job.fragments), job.source, job.fills) for job in found.started)
    head = ("new job", "fragments", "backfill of", "as far back as")
    yield Section(title="The next deployment", lines=tuple(lines), table=Table(head=head, rows=rows) if rows else None)
    if found.started:
        topics = tuple(f"{job.name}: {topic}" for job in found.started for topic in job.topics)
        yield Section(title="New topics", lines=topics, folded=True)
    if found.left:
        gone = tuple((left.view, ", ".join(left.read_by), left.mend) for left in found.left)
        yield Section(
            title="Runs on until it is retired",
            lines=("A deployment stops nothing. Sets that read a view are retired before it.",),
            table=Table(head=("view", "read by", "ends with"), rows=gone),
        )


def _tails(review: Review) -> Iterator[Section]:
    if review.tails:
        rows = tuple((tail.feature, tail.window, tail.tiles, tail.error) for tail in review.tails)
        yield Section(
            title="Greatest tail error of new and changed features",
            table=Table(head=("feature", "window", "tiles", "its tail is off by"), rows=rows),
            folded=True,
        )
