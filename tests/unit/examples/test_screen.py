"""The screen of the demo: without a terminal every alarm is a line; with one, a picture holds the last of them."""

import io

from rich.console import Console

from examples.fraud.screen import Screen
from tests.unit.examples.run import tally


def test_without_a_terminal_each_alarm_is_a_line_that_says_what_it_is_in_truth() -> None:
    shown, made = io.StringIO(), tally()
    screen = Screen(Console(file=shown, width=80))
    with screen.live():
        for answer in made.of("caught", "false alarm"):
            screen.alarm(answer, made.verdict(answer))
        screen.paint(made, 8_000, 10_000)
        screen.paint(made, 8_001, 10_000)
    *alarms, figures = shown.getvalue().splitlines()
    assert [line.split()[1] for line in alarms] == ["0.90", "0.50", "0.70"]
    assert ["a fraud: burst" in line for line in alarms] == [True, True, False]
    assert "false alarm: it is none" in alarms[2]
    assert "device: accounts <that> sent with it: 12" in alarms[0]
    assert "sent 7  scored 7" in figures
    assert "caught 2  missed 2  false alarms 1" in figures


def test_on_a_terminal_the_picture_shows_the_figures_and_the_last_alarms() -> None:
    shown, made = io.StringIO(), tally()
    screen = Screen(Console(file=shown, width=120, force_terminal=True, color_system=None))
    with screen.live():
        for answer in made.of("caught", "false alarm"):
            screen.alarm(answer, made.verdict(answer))
        screen.paint(made, 8_000, 10_000)
    picture = shown.getvalue()
    assert "transfers scored live · 8 of 10 s" in picture
    assert "█▅▄?▆▁?" in picture
    assert "a&b → c  a fraud: burst" in picture
