"""A report as a comment of a pull request."""

from millpond.review.markdown import markdown
from millpond.review.report import Report
from millpond.review.sections import Section, Table


def test_the_summary_comes_first_and_what_is_folded_opens_with_a_click() -> None:
    table = Table(head=("what", "bytes"), rows=(("a_b", "1 -> 2"), ("(_.a > 1) | _.b", "3")), numbers=1)
    text = markdown(
        Report(
            summary="All is well.",
            sections=(
                Section(title="Open", lines=("First.", "Second.")),
                Section(title="A < B & C", table=table, folded=True),
            ),
        )
    )
    assert (
        text
        == """\
**All is well.**

### Open

- First.
- Second.

<details><summary>A &lt; B &amp; C</summary>

| what | bytes |
|---|---:|
| `a_b` | 1 -> 2 |
| `(_.a > 1) \\| _.b` | 3 |

</details>"""
    )


def test_nothing_in_a_cell_is_markdown() -> None:
    section = Section(title="Odd", table=Table(head=("a", "b"), rows=(("run `it`", ""), ("two\nlines", "<b>"))))
    text = markdown(Report(summary="", sections=(section,)))
    assert "| `` run `it` `` |  |" in text
    assert "| `two lines` | `<b>` |" in text
