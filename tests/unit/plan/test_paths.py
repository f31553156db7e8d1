"""Paths as texts: one text a path, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.paths import Key, Path, parse, shape_of, text_of

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True)
KEYS = st.text().filter(lambda text: text.isprintable() or "\ud800" not in text).map(Key)
PATHS = st.tuples(NAMES, st.lists(NAMES | KEYS, max_size=4)).map(lambda parts: (parts[0], *parts[1]))


@given(PATHS)
def test_a_path_comes_back_from_its_text(path: Path) -> None:
    back = parse(text_of(path))
    assert back == path
    assert [isinstance(step, Key) for step in back] == [isinstance(step, Key) for step in path]


@given(PATHS)
def test_a_shape_is_the_path_without_its_keys(path: Path) -> None:
    assert shape_of(text_of(path)) == "".join("[]" if isinstance(s, Key) else f".{s}" for s in path)[1:]


def test_paths_are_written_as_in_definitions() -> None:
    assert text_of(("customer", "address", "country")) == "customer.address.country"
    assert text_of(("parts", Key('the "left"\n'), "weight")) == r'parts["the \"left\"\n"].weight'
    assert parse("amount") == ("amount",)


@pytest.mark.parametrize("text", ["", ".a", "a.", "a b", "a..b", "m[k]", '["k"]', 'm["k"]x', "1a", "m[]", 'm["k]', "é"])
def test_other_texts_are_no_paths(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        parse(text)
