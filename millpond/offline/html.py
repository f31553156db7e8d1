"""A preview as HTML: a page that needs no other file, and the same as a part of a notebook."""

from collections.abc import Iterator
from importlib import resources

from millpond.offline import svg, words
from millpond.offline.events import Loaded
from millpond.offline.preview import Place, Preview
from millpond.offline.summary import Numbers, Summary, Texts, series, summary
from millpond.offline.timeline import Window
from millpond.plan.english.values import instant
from millpond.plan.html import text
from millpond.serve.status import TONES


def page(preview: Preview) -> str:
    """A whole document."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(preview.name)}</title>"
        "<style>body { margin: 0 } @media (prefers-color-scheme: dark) { body { background: #12161c } }</style>"
        f"</head><body>{fragment(preview)}</body></html>\n"
    )


def fragment(preview: Preview) -> str:
    """What stands in the body, with its style."""
    style = (resources.files("millpond.offline") / "page.css").read_text("utf-8")
    return f"<style>{style}</style><div class='millpond'>{''.join(_parts(preview))}</div>"


def _parts(preview: Preview) -> Iterator[str]:
    kind = "view" if preview.is_view else "set"
    yield f"<h1>{text(preview.name)}<small>v{preview.version}, a {kind} as its files stand</small></h1>"
    if preview.description:
        yield f"<p>{text(preview.description)}</p>"
    yield f"<div class='data'>{''.join(map(_source, preview.loaded))}</div>"
    yield f"<h2>One vector<small>{text(preview.why)}, at {instant(preview.focus.as_of)} UTC</small></h2>"
    given = "".join(f"<span><i>{text(name)}</i>{text(value)}</span>" for name, value in preview.asked)
    yield f"<div class='request'>{given}</div>"
    if preview.windows:
        yield "<h2>Where its windows lie<small>how long ago, and how many events are inside</small></h2>"
        yield f"<div class='scroll wide'>{svg.windows(preview.windows, preview.focus.as_of)}</div>"
    of = f"{preview.drawn_of:,} events, drawn evenly" if preview.drawn_of else "the one entity"
    over = f"over {len(preview.course)} vectors of the entity; over {len(preview.sample):,} of {of}"
    heads = "".join(f"<th>{name}" for name in ("feature", "value", "status", "window", "over time", "distribution", ""))
    yield f"<h2>Features<small>{over}</small></h2>"
    yield f"<div class='scroll'><table><thead><tr>{heads}</tr></thead><tbody>"
    for at, place in enumerate(preview.places):
        yield _row(preview, at, place)
    yield "</tbody></table></div>"
    yield (
        "<footer>Over time: the shade is the window of the last vector, the ticks are its entity's events. "
        "Distribution: bars by the roots of their counts; the line goes from the first to the third quartile, "
        "the dot is the median.</footer>"
    )


def _source(loaded: Loaded) -> str:
    told = [f"{loaded.events:,} events count"]
    if loaded.copies:
        told.append(f"{loaded.copies:,} copies")
    if not loaded.has_arrivals:
        told.append("without arrivals: none is late")
    lines = [f"<span class='refused'>{n:,} refused: {text(reason)}</span>" for reason, n in loaded.refused.items()]
    refused = "".join(f"<br>{line}" for line in lines)
    return f"<div class='source'><b>{text(loaded.source)}</b><span>{', '.join(told)}</span>{refused}</div>"


def _row(preview: Preview, at: int, place: Place) -> str:
    status = preview.focus.statuses[at]
    tail = f"<span class='sub'>tail &lt; {words.span(place.tail_error_ms + 1)}</span>" if place.tail_error_ms else ""
    found = summary(preview.sample, at, place.type)
    values = series(preview.course, at, place.type)
    instants = [vector.as_of for vector in preview.course]
    name = text(place.name).replace("_", "_<wbr>").replace(".", ".<wbr>")
    cells = {
        "name": f"<b>{name}</b><span>{text(str(place.type))}</span>",
        "value": text(words.value(preview.focus.values[at], place.type)),
        "says": f"<span class='status {TONES[status]}'>{status}</span>",
        "window": text(place.window) + tail,
        "course": svg.course(instants, values, _window(preview, place)) if values else "",
        "bins": _distribution(found),
        "number": _numbers(found),
    }
    inside = "".join(f"<td class='{name}'>{cell}" for name, cell in cells.items())
    return f"<tr title='{text(place.description)}'>{inside}</tr>"


def _window(preview: Preview, place: Place) -> Window | None:
    """The window of a place that is one feature's."""
    found = (one for one in preview.windows if (one.alias, one.label) == (place.alias, place.window))
    return next(found, None)


def _distribution(found: Summary) -> str:
    match found.of:
        case Numbers():
            return svg.histogram(found.of)
        case Texts(most=most, distinct=distinct):
            known = found.count - found.nulls
            told = "".join(f"{text(one)} <span>{words.share(count, known)}</span>" for one, count in most)
            more = f"<span>{distinct} in all</span>" if distinct > len(most) else ""
            return f"<div class='texts'>{told}{more}</div>"
        case None:
            return ""


def _numbers(found: Summary) -> str:
    told = []
    if isinstance(found.of, Numbers):
        least, _, median, _, most = map(words.short, found.of.quartiles)
        told.append(f"{least} · <b>{median}</b> · {most}")
    says = [f"{status} {words.share(count, found.count)}" for status, count in found.statuses if status != "present"]
    if found.nulls:
        says.append(f"null {words.share(found.nulls, found.count)}")
    return "".join(told) + (f"<span class='sub'>{', '.join(says)}</span>" if says else "")
