"""The page of the demo: it says what was counted, draws every score once, and needs no other file."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from examples.fraud.page import Told, page, summary, write
from examples.fraud.picture import picture
from examples.fraud.tally import Tally
from tests.unit.examples.run import tally

TOLD = Told(customers=250, watched=2, trained_on=1, seconds=10, days=12)
SVG = "{http://www.w3.org/2000/svg}"


def test_it_says_what_was_counted_in_words_and_in_money() -> None:
    said = re.sub(r"<[^>]*>", " ", page(tally(), TOLD))
    said = " ".join(said.split())
    assert "Of 4 fraudulent transfers 2 were caught and 2 missed; of 3 honest ones 1 were stopped for nothing." in said
    assert "caught 2 of 4 300 in money" in said
    assert "missed 2 700 in money" in said
    assert "precision 66.7%" in said
    assert "recall 50.0%" in said
    assert "p50; p90 1,000 ms, p99 1,000 ms" in said
    assert "behind 1 14.3% not scored, so no alarm" in said
    assert "burst 2 2" in said and "mule 2 0" in said


def test_texts_of_events_and_definitions_are_escaped() -> None:
    found = page(tally(), TOLD)
    assert "a&amp;b" in found and "a&b" not in found
    assert "accounts &lt;that&gt; sent with it" in found


def test_it_needs_no_other_file() -> None:
    found = page(tally(), TOLD)
    assert not re.search(r"<(script|link|img|iframe)|src=|href=|@import|url\(", found)


def test_every_score_is_drawn_once_higher_ones_higher() -> None:
    drawn = ET.fromstring(picture(tally(), seconds=10, title="a & b"))
    circles = [one for one in drawn.iter(f"{SVG}circle") if one.find(f"{SVG}title") is not None]
    assert [one.get("class") for one in circles] == ["caught", "caught", "missed"]  # the one without a score is not
    heights = [float(str(one.get("cy"))) for one in circles]
    assert heights == sorted(heights)
    passed, *_ = (one.get("d") for one in drawn.iter(f"{SVG}path") if one.get("class") == "passed")
    assert str(passed).count("M") == 1
    alarms = [one for one in drawn.iter(f"{SVG}path") if one.get("class") == "false"]
    assert len(alarms) == 2  # one, and the legend's
    assert [one.text for one in drawn.iter(f"{SVG}text")][-1] == "a & b"


def test_a_run_without_a_single_answer_has_a_page_too(tmp_path: Path) -> None:
    nothing = Tally(threshold=0.5)
    page_file, svg_file = write(nothing, TOLD, tmp_path)
    assert summary(nothing) in page_file.read_text("utf-8")
    ET.fromstring(svg_file.read_text("utf-8"))
