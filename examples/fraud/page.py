"""The picture of a run as one page that needs no other file: what was caught, what was not, and how it was found."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from examples.fraud.picture import picture
from examples.fraud.tally import Answer, Tally, Verdict, money
from millpond.offline import words
from millpond.plan.html import text
from millpond.serve.status import TONES, USABLE

FALSE_SHOWN: Final = 3
MISSED_SHOWN: Final = 3
TONE: Final[dict[Verdict, str]] = {"caught": "good", "missed": "bad", "false alarm": "care", "passed": "none"}


class Told(NamedTuple):
    """What a run was of.

    Attributes:
        customers: of each bank.
        watched, trained_on: the seeds of the banks.
        seconds: how long transfers were sent.
        days: of the bank's that were spread over this time.
    """

    customers: int
    watched: int
    trained_on: int
    seconds: int
    days: int


def write(tally: Tally, told: Told, folder: Path) -> tuple[Path, Path]:
    """Write the page, and its drawing alone; returns where they are."""
    page_file, svg_file = folder / "caught.html", folder / "caught.svg"
    page_file.write_text(page(tally, told), "utf-8")
    svg_file.write_text(picture(tally, seconds=told.seconds, title=summary(tally)), "utf-8")
    return page_file, svg_file


def summary(tally: Tally) -> str:
    """What was caught, in a sentence."""
    counts = tally.counts()
    frauds, honest = counts["caught"] + counts["missed"], counts["false alarm"] + counts["passed"]
    return (
        f"Of {frauds:,} fraudulent transfers {counts['caught']:,} were caught and {counts['missed']:,} missed; "
        f"of {honest:,} honest ones {counts['false alarm']:,} were stopped for nothing."
    )


def page(tally: Tally, told: Told) -> str:
    """A whole document."""
    style = (resources.files("millpond.offline") / "page.css").read_text("utf-8")
    style += (resources.files("examples.fraud") / "page.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>What was caught</title>'
        "<style>body { margin: 0 } @media (prefers-color-scheme: dark) { body { background: #12161c } }"
        f"{style}</style></head><body><div class='millpond'>{''.join(_parts(tally, told))}</div></body></html>\n"
    )


def _parts(tally: Tally, told: Told) -> Iterator[str]:
    yield (
        f"<h1>What was caught<small>bank {told.watched}, {told.customers:,} customers, watched by a model "
        f"that was trained on bank {told.trained_on}</small></h1>"
    )
    yield f"<p class='said'>{summary(tally)}</p>"
    yield f"<div class='data'>{''.join(_cards(tally))}</div>"
    yield "<h2>Every score<small>on a scale of odds; each dot is a transfer, at the instant it was sent</small></h2>"
    yield f"<div class='scroll wide'>{picture(tally, seconds=told.seconds)}</div>"
    yield f"<h2>By pattern of fraud<small>as the simulation had it; no model is told</small></h2>{_patterns(tally)}"
    yield (
        "<h2>Some alarms, and what was missed<small>the first of each pattern; what speaks most for a fraud, "
        f"by the model's SHAP values</small></h2>{_examples(tally)}"
    )
    yield f"<h2>How good the vectors were<small>by their worst status</small></h2>{_statuses(tally)}"
    yield (
        "<footer>Transfers went through Kafka into Flink, its tiles into Valkey, and the enricher answered each over "
        "Kafka with its vector and a score. All figures are counted from those replies. What happens to the bank in "
        f"{told.days} days was spread over {told.seconds} seconds, in which each honest customer sent once. Frauds are "
        "far more frequent here than at a bank, where the precision would be lower; and the simulation's patterns are "
        "cleaner than life. Amounts are added as they are, whatever their currency.</footer>"
    )


def _cards(tally: Tally) -> Iterator[str]:
    caught, missed, stopped = tally.of("caught"), tally.of("missed"), tally.of("false alarm")
    frauds = len(caught) + len(missed)
    honest = len(stopped) + len(tally.of("passed"))
    saved, lost, held = (words.short(money(answers)) for answers in (caught, missed, stopped))
    yield _card("caught", f"{len(caught):,} of {frauds:,}", f"{saved} in money")
    yield _card("missed", f"{len(missed):,}", f"{lost} in money")
    yield _card("false alarms", f"{len(stopped):,}", f"of {honest:,} honest ones; {held} in money")
    yield _card("precision", _share(tally.precision), "of the alarms were frauds")
    yield _card("recall", _share(tally.recall), "of the frauds were stopped")
    yield _card(
        "from sent to scored",
        _ms(tally.latency_ms(50)),
        f"p50; p90 {_ms(tally.latency_ms(90))}, p99 {_ms(tally.latency_ms(99))}",
    )


def _card(name: str, number: str, about: str) -> str:
    return f"<div class='source'><span>{name}</span><b class='big'>{number}</b><span>{about}</span></div>"


def _patterns(tally: Tally) -> str:
    rows = "".join(
        f"<tr><td class='name'><b>{text(pattern.replace('_', ' '))}</b><td class='count'>{frauds:,}"
        f"<td class='count'>{caught:,}<td><span class='share'><i style='width:{caught / frauds:.1%}'></i></span>"
        for pattern, frauds, caught in tally.by_pattern()
    )
    heads = "<th>pattern<th class='count'>frauds<th class='count'>caught<th>share"
    return f"<div class='scroll narrow'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def _examples(tally: Tally) -> str:
    firsts: dict[str | None, Answer] = {}
    for answer in tally.of("caught"):
        firsts.setdefault(answer.transfer.pattern, answer)
    wrong = sorted(tally.of("false alarm"), key=lambda answer: -(answer.score or 0.0))[:FALSE_SHOWN]
    shown = [*firsts.values(), *tally.of("missed")[:MISSED_SHOWN], *wrong]
    heads = "<th>at<th class='count'>score<th class='count'>amount<th>in truth<th>what gave it away"
    rows = "".join(_example(answer, tally.verdict(answer)) for answer in shown)
    return f"<div class='scroll'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def _example(answer: Answer, verdict: Verdict) -> str:
    transfer = answer.transfer
    truth = "honest" if transfer.pattern is None else transfer.pattern.replace("_", " ")
    clues = "".join(f"<li>{text(clue.words)}: <b>{text(clue.value)}</b></li>" for clue in answer.clues)
    score = "none" if answer.score is None else f"{answer.score:.3f}"
    return (
        f"<tr><td class='count'>{transfer.at_ms / 1000:.1f} s<td class='count'>{score}"
        f"<td class='money'>{transfer.amount:,} {text(transfer.currency)}"
        f"<div class='who'>{text(transfer.sender)} → {text(transfer.recipient)}</div>"
        f"<td>{text(truth)}<br><span class='status {TONE[verdict]}'>{verdict}</span>"
        f"<td><ul>{clues or '<li>' + text(answer.reason or 'nothing: no alarm') + '</li>'}</ul>"
    )


def _statuses(tally: Tally) -> str:
    total = max(len(tally.answers), 1)
    rows = "".join(
        f"<tr><td><span class='status {_tone(status)}'>{text(status)}</span><td class='count'>{count:,}"
        f"<td class='count'>{count / total:.1%}<td>{'whole' if status in USABLE else 'not scored, so no alarm'}"
        for status, count in tally.statuses.items()
    )
    heads = "<th>status<th class='count'>vectors<th class='count'>share<th>"
    return f"<div class='scroll narrow'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def _tone(status: str) -> str:
    return next(tone for known, tone in TONES.items() if known == status)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"
