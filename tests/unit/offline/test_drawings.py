"""What previews draw, on a page and on the terminal: where windows lie, steps over time, bars."""

import re

from millpond.offline import svg
from millpond.offline.summary import numbers
from millpond.offline.terminal import WIDTH, drawn, histogram, spark
from millpond.offline.timeline import Window

#  0        100      200      300 = q
#  ·---·----[●---●---●)---·---|
WINDOW = Window(alias="a<b", label="1h", lo=100, hi=201, times=(20, 60, 100, 150, 200, 250))


def test_a_window_holds_the_events_from_its_first_to_before_its_end() -> None:
    assert WINDOW.inside == 3
    line = drawn(WINDOW, 300).plain
    assert len(line) == WIDTH + 1
    before, inside, after = re.fullmatch(r"(.*)\[(.*)\)(.*)\|", line).groups()  # type: ignore[union-attr]
    assert ("●" in before, "●" in inside, "●" in after) == (False, True, False)
    assert after.count("·") == 1


def test_numbers_are_blocks_from_the_least_to_the_greatest() -> None:
    assert spark([0, None, 7, 3.5]) == "▁ █▄"
    assert spark([2, 2]) == "▁▁"
    assert histogram([1, 0, 0, 0, 8, 8]) == "▃ █"


def test_a_course_is_broken_where_there_is_nothing() -> None:
    drawing = svg.course([0, 100, 200, 300], [1, None, 3, 2], WINDOW)
    assert drawing.count('class="line"') == 2
    assert drawing.count('class="band"') == drawing.count('class="in"') == drawing.count('class="out"') == 1
    assert svg.course([0, 100], [None, None], None) == svg.course([5], [1], None) == ""


def test_bins_are_bars_and_the_median_a_dot() -> None:
    drawing = svg.histogram(numbers([1, 2, 2, 9]))
    assert drawing.count('class="bar"') == 3
    assert drawing.count('class="dot"') == 1


def test_windows_share_an_axis_of_ages_and_names_are_escaped() -> None:
    drawing = svg.windows([WINDOW], 300)
    assert "a&lt;b" in drawing
    assert drawing.count('class="window"') == 1
    assert drawing.count('class="event"') == 6
