"""Texts of the pool in Markdown, as a parser of it reads them."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from millpond.define.pages.markdown import authored, block, code, link, prose, table

PARSER = MarkdownIt("commonmark").enable("table")
# What people write, and what could be taken for Markdown; what Unicode takes for nothing is dropped by Markdown, too.
TEXTS = st.text(st.sampled_from("ab 1.)_*`~|\\<>&;#[]()!-+=\"'\n\té"), max_size=20)


def inline(markdown: str) -> list[Token]:
    return [child for token in PARSER.parse(markdown) for child in token.children or ()]


def read(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens)


@given(TEXTS)
def test_prose_is_read_as_the_text_it_is(text: str) -> None:
    tokens = PARSER.parse(prose(text))

    assert [token.type for token in tokens] == (["paragraph_open", "inline", "paragraph_close"] if text.split() else [])
    assert {token.type for token in inline(prose(text))} <= {"text", "text_special"}
    assert read(inline(prose(text))) == " ".join(text.split())


@given(TEXTS)
def test_what_people_wrote_is_read_as_it_is_but_for_code(text: str) -> None:
    tokens = inline(authored(text))

    assert {token.type for token in tokens} <= {"text", "text_special", "code_inline"}
    line = "".join(f"`{token.content}`" if token.type == "code_inline" else token.content for token in tokens)
    assert line.replace(" ", "") == "".join(text.split())


def test_what_stands_between_backticks_is_code() -> None:
    assert authored("In `cur_rency`, or * `a|b`; a ` b") == "In `cur_rency`, or \\* `a|b`; a \\` b"


@given(TEXTS)
def test_code_is_read_as_the_text_it_is(text: str) -> None:
    (token,) = inline(code(text))

    assert token.type == "code_inline"
    assert token.content == (" ".join(text.split()) or '""')


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
def test_cells_hold_whatever_they_are_given(rows: list[tuple[str, str]]) -> None:
    written = table(["a", "b"], ([code(f"x{one}"), f"y{prose(f'z{other}')}"] for one, other in rows))
    cells = [read(token.children or []) for token in PARSER.parse(written) if token.type == "inline"]

    assert cells == ["a", "b", *(" ".join(text.split()) for one, other in rows for text in (f"x{one}", f"yz{other}"))]


def test_an_underscore_within_a_word_stays_as_it_is() -> None:
    assert prose("a_b _c_") == "a_b \\_c\\_"


def test_a_link_leads_from_page_to_page() -> None:
    assert link("x", Path("schemas/a.avsc"), Path("docs/features/shop/v/x.md")) == "[x](../../../../schemas/a.avsc)"
    assert link("x", Path("docs/features/shop/v/README.md"), Path("docs/features/shop/v/x.md")) == "[x](README.md)"


def test_lines_of_code_stand_between_fences() -> None:
    assert block("sh", ["a", "b"]) == "```sh\na\nb\n```"
