"""Names, and the topics that follow from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name, dead_letter_topic, did_you_mean, fragment_topic, source_group


@given(st.from_regex(r"\A[a-z][a-z0-9]{0,10}(_[a-z0-9]{1,10}){0,3}\Z"))
def test_words_joined_by_single_underscores_are_names(name: str) -> None:
    assert check_name(name, "the view") == name


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "_a", "a_", "a__b", "a-b", "a.b", "a b", "ä", "a\n", "a" * 49, None, 3, "٣a", "a٣"]
)
def test_others_are_not(name: object) -> None:
    with pytest.raises(DefinitionError, match="the view"):
        check_name(name, "the view")


def test_the_nearest_name_is_suggested_or_all() -> None:
    assert did_you_mean("amuont", ["amount", "at"]) == "did you mean 'amount'?"
    assert did_you_mean("zzz", ["b", "a"]) == "known here: a, b"
    assert did_you_mean("zzz", []) == "there are none"


def test_topics_mix_no_dots_and_underscores() -> None:
    """Kafka's metrics take a.b and a_b for the same."""
    assert (
        fragment_topic("dev", "retail", "household_store", 2, "tiles_short", 3)
        == "millpond.dev.retail.household-store.v2.tiles-short.g3"
    )
    assert dead_letter_topic("dev", "retail.lines_sold.0a1b2c3d") == "millpond.dev.retail.lines-sold.0a1b2c3d.dlq"
    assert source_group("dev", "retail.lines_sold.0a1b2c3d") == "millpond.dev.retail.lines_sold.0a1b2c3d"


NAMES = st.from_regex(r"\A[a-z][a-z0-9]{0,4}(_[a-z0-9]{1,4}){0,2}\Z")


@given(*(st.tuples(NAMES, NAMES, NAMES, st.integers(1, 30), NAMES, st.integers(1, 30)) for _side in range(2)))
def test_two_fragments_never_share_a_topic(
    a: tuple[str, str, str, int, str, int], b: tuple[str, str, str, int, str, int]
) -> None:
    assert (fragment_topic(*a) == fragment_topic(*b)) == (a == b)
