"""An explained receipt on the terminal, and as a document."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from millpond.algebra.marks import value_in
from millpond.algebra.partials import One, scaled
from millpond.offline.explain import Explained, Explanation, Verdict
from millpond.offline.held import Contribution
from millpond.offline.terminal import STYLES
from millpond.offline.words import minute
from millpond.plan.english.values import instant, visible
from millpond.plan.errors import ReadError
from millpond.plan.html import Tone
from millpond.plan.names import did_you_mean
from millpond.plan.partials import MARKED, Partial
from millpond.plan.types import DOUBLE
from millpond.serve.status import TONES

_TONES: Final[dict[Verdict, Tone]] = {
    "same": "good", "differs": "bad", "undetermined": "care", "unlike": "bad", "missing": "care",
}  # fmt: skip
_CONTENT: Final = 12  # digits of a content's hash that are shown
_LONGEST: Final = 60


def line(found: Explanation) -> Text:
    """One receipt in a line."""
    receipt = found.receipt
    each = {one.name: one for one in (*found.features, *found.places)}
    worst = [name for name, one in each.items() if one.verdict != "same"]
    says = "same bits" if not worst else f"{len(worst)} of {len(each)} values do not come to the same bits"
    when = f"{receipt.set} v{receipt.version} at {instant(receipt.as_of)} UTC"
    asked = ", ".join(f"{name}={value}" for name, value in receipt.request.items())
    return Text.assemble((when, "bold"), f"  {visible(asked)}  ", (says, STYLES["bad" if worst else "good"]))


def rendered(found: Explanation, feature: str | None) -> RenderableType:
    """All of a receipt; of one feature, if that is asked for, each event.

    Raises:
        ReadError: there is no such feature.
    """
    receipt = found.receipt
    parts: list[RenderableType] = [
        line(found),
        Text(f"plan {receipt.content[:_CONTENT]} of {receipt.ns}; asked {instant(receipt.asked)} UTC", "dim"),
        *([Text(f"the store did not answer: {receipt.reason}", STYLES["bad"])] if receipt.reason else ()),
        _places(found),
    ]
    parts += [
        Text(f"{one.name}: {one.why}", STYLES[_TONES[one.verdict]])
        for one in {one.name: one for one in (*found.places, *found.features)}.values()
        if one.why
    ]
    for topic, ends in found.positions.items():
        told = ", ".join(f"{partition} before {offset}" for partition, offset in sorted(ends.items()))
        parts.append(Text(f"counted of {topic}, by partition: {told or 'nothing'}", "dim"))
    for one in chosen(found, feature):
        parts += [Text(), *_events(one)]
    return Group(*parts)


def chosen(found: Explanation, feature: str | None) -> list[Explained]:
    """The features that a name asks for: itself, or those behind a derived place.

    Raises:
        ReadError: there is none of that name.
    """
    if feature is None:
        return []
    features = {one.name: one for one in found.features}
    places = {one.name: one for one in found.places}
    if feature in features:
        return [features[feature]]
    if feature not in places:
        raise ReadError(
            f"{found.receipt.set} has no feature {feature!r}", mend=did_you_mean(feature, [*features, *places])
        )
    return [features[name] for name in places[feature].of]


def _places(found: Explanation) -> Table:
    """The vector's places, and beneath them the features that it does not show."""
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    for name, right in (("feature", False), ("value", True), ("status", False), ("window, UTC", False)):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for name in ("events", "later"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("computed anew", no_wrap=True)
    features = {one.name: one for one in found.features}
    shown = {one.name for one in found.places}
    for place in [*found.places, *(one for one in found.features if one.name not in shown)]:
        one = features.get(place.name, place)
        window = "" if one.window is None else f"{minute(one.window[0])} to {minute(one.window[1])}"
        is_known = one.window is not None and one.verdict in ("same", "differs")
        counts = (str(len(one.events)), str(one.later or "")) if is_known else ("", "")
        verdict = "same bits" if place.verdict == "same" else place.verdict
        table.add_row(
            Text(place.name),
            Text(_short(place.said)),
            Text(place.status, STYLES[TONES[place.status]]),
            window if one.window is None or one.window[0] else f"ever, to {minute(one.window[1])}",
            *counts,
            Text(verdict, STYLES[_TONES[place.verdict]]),
        )
    return table


def _short(value: Any) -> str:
    text = "null" if value is None else visible(str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _events(one: Explained) -> Iterator[RenderableType]:
    yield Text.assemble((one.name, "bold"), f" is {_short(one.said)}: {len(one.events)} of {one.inside} events count")
    if not one.is_sure:
        yield Text("other events of these tiles would give the same: which ones it was is not known", STYLES["care"])
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    for name in ("partition", "offset"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("time, UTC", "came in", "id", "gives"):
        table.add_column(name, overflow="fold")
    for event in one.events:
        place = event.event.place
        copies = f" and {len(event.event.copies)} more" if event.event.copies else ""
        table.add_row(
            str(place.partition),
            str(place.offset),
            instant(event.event.ts),
            instant(place.arrival),
            Text(visible("" if event.event.id is None else str(event.event.id)) + copies),
            Text(_gives(event)),
        )
    yield table


def _gives(event: Contribution) -> str:
    return ", ".join(f"{partial.name} {_one(partial, one)}" for partial, one in event.ones if one is not None)


def _one(partial: Partial, one: One) -> str:
    """What an event gives to a partial, as people read it."""
    if partial.function not in MARKED:
        assert not isinstance(one, str), "it is a number"
        is_scaled = not partial.power and partial.function != "count"
        return _short(scaled(one, partial.type) if is_scaled else one)
    order = [DOUBLE] if partial.bucketed else [tree.type for tree in partial.order]
    fields = [tree.type for tree in partial.fields]
    told = [value_in(str(one), order, fields, number) for number in range(len(order) + len(fields))]
    return _short(" ".join("null" if value is None else str(value) for value in told))


# --- as a document --------------------------------------------------------------------------------------------------


def document(found: Explanation, feature: str | None) -> dict[str, Any]:
    """All of it for JSON; of one feature, if that is asked for, each event.

    Raises:
        ReadError: there is no such feature.
    """
    receipt = found.receipt
    return {
        "set": receipt.set,
        "version": receipt.version,
        "content": receipt.content,
        "as_of": receipt.as_of,
        "request": receipt.request,
        "same": found.is_same,
        "positions": found.positions,
        "features": [_told(one) for one in found.features],
        "places": [_told(one) for one in found.places],
        "events": {one.name: _listed(one.events) for one in chosen(found, feature)},
    }


def _told(one: Explained) -> dict[str, Any]:
    return {
        "name": one.name,
        "value": one.said,
        "status": one.status,
        "anew": one.value,
        "verdict": one.verdict,
        "why": one.why,
        "window": one.window,
        "counted": len(one.events),
        "inside": one.inside,
        "later": one.later,
        "sure": one.is_sure,
        "of": one.of,
    }


def _listed(events: Sequence[Contribution]) -> list[dict[str, Any]]:
    return [
        {
            "partition": one.event.place.partition,
            "offset": one.event.place.offset,
            "time": one.event.ts,
            "arrival": one.event.place.arrival,
            "id": None if one.event.id is None else str(one.event.id),
            "copies": [[copy.partition, copy.offset] for copy in one.event.copies],
            "gives": {partial.name: _one(partial, given) for partial, given in one.ones if given is not None},
        }
        for one in events
    ]
