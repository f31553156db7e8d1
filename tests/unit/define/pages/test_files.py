"""A page for every feature, view and set of any pool: the same each time, found by links, current."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from millpond.define.compiler import compile_authored
from millpond.define.loader import load_pool
from millpond.define.pages.book import FOLDER, INDEX, Book, feature_page, set_page, view_page
from millpond.define.pages.files import MARK, pages_in, pages_of
from millpond.define.pool_files import check_pool, write_compiled
from millpond.plan.errors import PlanError
from tests.unit.define.sample import RIGHT, project, view_file

ROOT = Path(__file__).parents[4]
POOLS = {"retail": ROOT, "sample": RIGHT}
PARSER = MarkdownIt("commonmark").enable("table")


def book_of(root: Path) -> Book:
    authored = load_pool(root)
    return Book(authored=authored, pool=compile_authored(authored))


@pytest.fixture(scope="module", params=POOLS)
def book(request: pytest.FixtureRequest) -> Book:
    return book_of(POOLS[request.param])


@pytest.fixture(scope="module")
def pages(book: Book) -> dict[Path, str]:
    return pages_of(book.authored, book.pool)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the sample pool."""
    root = tmp_path / "project"
    shutil.copytree(RIGHT, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def links(page: Path, text: str) -> list[str]:
    """Where a page's links lead, from the project's root."""
    tokens = [child for token in PARSER.parse(text) for child in token.children or () if child.type == "link_open"]
    root = Path("/project")
    found = [(root / page.parent / str(token.attrs["href"])).resolve() for token in tokens]
    return [str(path.relative_to(root)) for path in found]


def test_the_pages_that_are_committed_are_those_of_the_pool(book: Book, pages: dict[Path, str]) -> None:
    assert pages_in(book.authored.root) == pages


def test_every_feature_has_a_page_and_every_page_a_definition(book: Book, pages: dict[Path, str]) -> None:
    authored = book.authored
    views = {Path("docs/features") / domain / view / f"{name}.md"
             for (domain, view), one in authored.views.items() for name in one.features}  # fmt: skip
    derived = {Path("docs/features") / domain / f"{name}.set" / f"{place.name}.md"
               for (domain, name), one in authored.sets.items() for place in one.derived}  # fmt: skip
    indexes = {INDEX, *map(view_page, book.pool.views), *map(set_page, book.pool.sets)}
    assert pages.keys() == views | derived | indexes


def test_every_name_in_a_vector_stands_on_its_page(book: Book, pages: dict[Path, str]) -> None:
    for view in book.pool.views:
        names = [feature.name for group in book.groups(view) for feature in group.features]
        assert names == list(view.feature_names)
        for group in book.groups(view):
            page = pages[feature_page(view, group.name)]
            assert all(f"| `{feature.name}` | `{feature.type}` |" in page for feature in group.features)


def test_every_link_leads_somewhere(book: Book, pages: dict[Path, str]) -> None:
    for page, text in pages.items():
        for target in links(page, text):
            assert Path(target) in pages or (book.authored.root / target).is_file(), f"{page} links {target}"


def test_every_page_is_reached_from_the_first(pages: dict[Path, str]) -> None:
    reached, ahead = {INDEX}, [INDEX]
    while ahead:
        page = ahead.pop()
        found = {Path(target) for target in links(page, pages[page])} & pages.keys() - reached
        reached |= found
        ahead += found
    assert reached == pages.keys()


def test_every_feature_of_these_pools_has_an_example(pages: dict[Path, str]) -> None:
    assert not [page for page, text in pages.items() if "None yet:" in text]


def test_pages_do_not_depend_on_the_order_of_hashes() -> None:
    program = (
        "import sys; from pathlib import Path; from millpond.define.loader import load_pool; "
        "from millpond.define.compiler import compile_authored; from millpond.define.pages.files import pages_of; "
        "pool = load_pool(Path(sys.argv[1])); print(pages_of(pool, compile_authored(pool)))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program, str(RIGHT)],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_a_page_that_is_out_of_date_is_found_and_written_anew(root: Path) -> None:
    page = root / FOLDER / "shop" / "customer" / "spend.md"
    page.write_text(page.read_text().replace("What was paid at the till.", "What was paid."))
    (root / FOLDER / "shop" / "customer" / "gifts.md").unlink()

    (finding,) = check_pool(root).findings

    assert str(finding) == (
        "docs/features: docs/features/shop/customer/gifts.md, and 1 more: not what the definitions say\n"
        "  mend: run `millpond compile` and commit what it writes"
    )
    _pool, changes = write_compiled(root)
    assert {change.path.name: change.how for change in changes if change.how != "unchanged"} == {
        "gifts.md": "new",
        "spend.md": "rewritten",
    }
    assert check_pool(root).findings == ()


def test_another_description_example_or_doc_makes_its_page_stale(root: Path) -> None:
    for path, old, new in (
        ("features/shop/customer.py", "What was paid at the till.", "What was paid."),
        ("features/shop/article.examples.yaml", "all there ever was", "all there was"),
        ("schemas/shop.sale.v1.avsc", '{"name": "quantity", ', '{"name": "quantity", "doc": "Pieces.", '),
    ):
        file = root / path
        file.write_text(file.read_text().replace(old, new))
        assert any(finding.where == "docs/features" for finding in check_pool(root).findings), path
        write_compiled(root)
        assert check_pool(root).findings == ()
    assert "| `quantity` | `int` | value | Pieces. |" in (root / FOLDER / "shop/article/sold.md").read_text()


def test_pages_of_what_is_no_more_are_removed_and_the_notes_of_people_stay(root: Path) -> None:
    note = root / FOLDER / "shop" / "customer" / "note.md"
    note.write_text("# Ours\n")
    shutil.rmtree(root / "features" / "risk")

    write_compiled(root)

    assert note.read_text() == "# Ours\n"
    assert not (root / FOLDER / "risk").exists()
    assert not (root / "features" / "risk").exists()
    assert check_pool(root).findings == ()


def test_what_people_wrote_is_not_written_over(root: Path) -> None:
    (root / INDEX).write_text("# Ours\n")
    (root / FOLDER / "shop" / "customer" / "gifts.md").unlink()

    with pytest.raises(PlanError, match="not generated where a page belongs") as refused:
        write_compiled(root)

    assert refused.value.where == "docs/features/README.md"
    assert (root / INDEX).read_text() == "# Ours\n"
    assert not (root / FOLDER / "shop" / "customer" / "gifts.md").exists()


def test_a_pool_without_sets_and_examples_has_pages_that_say_so(tmp_path: Path) -> None:
    root = project(tmp_path / "p", {"features/shop/visitor.py": view_file("visitor", '{"sales": Count()}')})
    pages = pages_of(load_pool(root), book_of(root).pool)

    page = pages[FOLDER / "shop" / "visitor" / "sales.md"]

    assert page.startswith(MARK)
    assert "None yet: `features/shop/visitor.examples.yaml` is where it belongs." in page
    assert 'No set yet: `visitor["sales_1h"]` in the features of one makes it a place.' in page


def test_examples_that_cannot_be_read_leave_the_others(tmp_path: Path) -> None:
    files = {"features/shop/visitor.py": view_file("visitor", '{"sales": Count()}')}
    example = "- {name: none, events: [], read: {at: 2024-03-10, customer_id: c1}, expect: {sales_1h: 0}}\n"
    root = project(tmp_path / "p", {**files, "features/shop/visitor.examples.yaml": "- name: no events\n" + example})

    def page() -> str:
        return pages_of(load_pool(root), book_of(root).pool)[FOLDER / "shop" / "visitor" / "sales.md"]

    assert "none ([more](../../../../features/shop/visitor.examples.yaml)):" in page()

    (root / "features/shop/visitor.examples.yaml").write_text("- [")
    assert "None yet:" in page()


def test_what_an_author_wrote_stays_what_it_is(tmp_path: Path) -> None:
    features = "{'sales': Count(where=_.channel == '<b>|`*', description='<script>alert(1)</script> [x](y)\\n\\n# z')}"
    root = project(tmp_path / "p", {"features/shop/visitor.py": view_file("visitor", features)})
    text = pages_of(load_pool(root), book_of(root).pool)[FOLDER / "shop" / "visitor" / "sales.md"]

    tokens = PARSER.parse(text.removeprefix(MARK))
    said = ["".join(child.content for child in token.children or ()) for token in tokens if token.type == "inline"]

    assert not [token for token in tokens if token.type == "html_block"]
    assert said[1] == "<script>alert(1)</script> [x](y) # z"
    assert said[2] == 'How many sales of one customer there were in the last hour, where channel is "<b>|`*".'
