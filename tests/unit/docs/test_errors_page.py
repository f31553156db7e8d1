"""docs/errors.md is what is raised now, and leaves out no reason of a dead letter."""

from millpond.control.doctor import REASONS as MENDS
from tests.unit.docs import errors_page
from tests.unit.docs.errors_page import PAGE, REASONS


def test_the_page_is_what_is_raised() -> None:
    assert PAGE.read_text("utf-8") == errors_page.text()


def test_every_reason_is_told_with_its_mend() -> None:
    """That there are no others, tests/unit/control/test_doctor.py compares with the decoder and the SQL."""
    assert REASONS.keys() == MENDS.keys()
