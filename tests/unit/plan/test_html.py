"""The card that notebooks show: whatever it is told, it is text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan import html
from millpond.plan.english.values import visible
from millpond.plan.html import LONGEST, card, code, joined, pill, text, value
from millpond.plan.types import Type
from tests.unit.plan.cards import Read, safe

HOSTILE = (
    "<script>alert(1)</script>", "</code></td><img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "' x='",
    "<!-- ", "]]>", "&lt;b&gt;", "javascript:alert(1)", "<svg/onload=alert(1)>", "\u202egnp.exe", "\0<b\0>", "{{7*7}}",
)  # fmt: skip


@pytest.mark.parametrize("given", HOSTILE)
def test_a_hostile_text_is_shown_and_nothing_else(given: str) -> None:
    read = safe(
        card(
            given,
            given,
            aside=pill(given, "bad"),
            facts=[(given, given), ("x", joined([given, code(given)]))],
            heads=[given, "b"],
            rows=[[given, code(given)], [value(given, Type.parse("string")), ""]],
        )
    )

    shown = visible(given).strip()
    assert sum(shown in part for part in read.texts) >= 10


@given(st.text())
def test_any_text_comes_out_as_it_went_in_but_for_blanks_and_what_cannot_be_seen(given: str) -> None:
    line = " ".join(given.split())
    rest = f"… ({len(line):,} characters)" if len(line) > LONGEST else ""
    assert "".join(Read(text(given)).data) == visible(line[:LONGEST]) + rest


def test_a_long_text_says_how_long_it_is() -> None:
    assert text("x" * 1_000_000) == "x" * LONGEST + "… (1,000,000 characters)"


def test_null_does_not_look_like_the_text() -> None:
    string = Type.parse("string")
    assert value(None, string) != value("null", string)
    assert Read(value(None, string)).texts == Read(value("null", string)).texts == ["null"]


def test_what_is_empty_is_left_out() -> None:
    assert card("a") == card("a", "", facts=[("b", "")])
    assert Read(card("a", heads=["b", "c"], rows=[["1", ""]])).texts == ["a", "b", "1"]
    assert Read(card("a", facts=[("b", "c")])).texts == ["a", "b", "c"]


def luminance(colour: str) -> float:
    """Of #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tone", html._TONES)
def test_a_pill_can_be_read_on_light_and_on_dark(tone: html.Tone) -> None:
    found = re.search(r"background:(#\w{6})", pill("x", tone))
    assert found is not None
    assert contrast(found[1], "#ffffff") >= 4.5
    assert contrast(found[1], "#000000") >= 3


def test_no_other_colour_is_set_than_what_is_around() -> None:
    colours = re.findall(r"[;\"]color:([^;\"]+)", card("a", "b", facts=[("c", code("d"))], heads=["e"], rows=[["f"]]))
    assert set(colours) == {"inherit"}
