"""The pool's own files: compiled plans and pages written, and compared with the definitions, as are examples."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from millpond.define.compiler import compile_authored
from millpond.define.examples import WrongExample, check_examples
from millpond.define.loader import FEATURES, AuthoredPool, load_pool
from millpond.define.pages.book import EXAMPLES, FOLDER, examples_file
from millpond.define.pages.files import MARK, pages_in, pages_of
from millpond.plan.compiled import files_in, files_of, path_of, read_set, read_view
from millpond.plan.errors import MillpondError, PlanError
from millpond.plan.model import Pool, SetPlan, ViewPlan
from millpond.plan.names import did_you_mean

_MEND: Final = "run `millpond compile` and commit what it writes"
How = Literal["new", "meaning changed", "prose changed", "rewritten", "unchanged", "removed"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What compiling did to one file.

    Args:
        path: from the project's root.
        how: `rewritten` where the file changed but neither of its hashes, or could not be read before.
    """

    path: Path
    how: How


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A pool whose definitions are right, and what is not in order around them.

    Args:
        examples: how many were run.
        findings: examples with other values, uncovered features, stale plans and pages.
    """

    pool: Pool
    examples: int
    findings: tuple[MillpondError, ...]


def as_it_stands(root: Path) -> tuple[AuthoredPool, Pool]:
    """What the files define, and what `millpond compile` would make of it; levels compiled before stay.

    Raises:
        InvalidPool: a definition is wrong; holds every error.
    """
    authored = load_pool(root)
    return authored, compile_authored(authored, keep=_readable(files_in(root)))


def check_pool(root: Path) -> Checked:
    """Compile the definitions, run every example, compare the committed plans and pages.

    Raises:
        InvalidPool: a definition is wrong; holds every error.
    """
    before = files_in(root)
    authored, pool = as_it_stands(root)
    findings: list[MillpondError] = []
    count = 0
    for view in pool.views:
        number, errors = _check_view(root, view)
        count += number
        findings += errors
    findings += _orphans(root, pool)
    findings += _stale(before, files_of(pool))
    findings += _stale_pages(pages_in(root), pages_of(authored, pool))
    return Checked(pool=pool, examples=count, findings=tuple(findings))


def write_compiled(root: Path) -> tuple[Pool, tuple[Change, ...]]:
    """Compile the pool into features/<domain>/compiled and docs/features; what no definition stands for is removed.

    Raises:
        InvalidPool: a definition is wrong; no file is touched.
        PlanError: where a page belongs there is a file that is none; no file is touched either.
    """
    plans, pages = files_in(root), pages_in(root)
    authored = load_pool(root)
    pool = compile_authored(authored, keep=_readable(plans))
    views_and_sets: list[ViewPlan | SetPlan] = [*pool.views, *pool.sets]
    compiled = {path_of(plan): plan for plan in views_and_sets}
    before, after = plans | pages, files_of(pool) | pages_of(authored, pool)
    _check_foreign(root, before, after)
    changes = [
        Change(path=path, how=_how(path, compiled.get(path), before.get(path), text)) for path, text in after.items()
    ]
    for path, text in after.items():
        if before.get(path) != text:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
    for path in before.keys() - after.keys():
        (root / path).unlink()
        _remove_empty(root, (root / path).parent)
        changes.append(Change(path=path, how="removed"))
    return pool, tuple(sorted(changes, key=lambda change: change.path))


def _check_foreign(root: Path, before: dict[Path, str], after: dict[Path, str]) -> None:
    """What people wrote is not written over."""
    for path in sorted(after.keys() - before.keys()):
        if (root / path).exists():
            mend = f"move it: all of {FOLDER} that begins with {MARK} is generated, and nothing else"
            raise PlanError("there is a file that is not generated where a page belongs", where=str(path), mend=mend)


def _remove_empty(root: Path, folder: Path) -> None:
    """The folder, and those around it, where nothing is left in them."""
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _how(path: Path, plan: ViewPlan | SetPlan | None, before: str | None, after: str) -> How:
    """What becomes of a plan's file, or, without a plan, of a page."""
    if before is None:
        return "new"
    if before == after:
        return "unchanged"
    if plan is None:
        return "rewritten"
    try:
        old = read_view(path, before) if isinstance(plan, ViewPlan) else read_set(path, before)
    except PlanError:
        return "rewritten"
    if old.meaning != plan.meaning:
        return "meaning changed"
    return "prose changed" if old.prose != plan.prose else "rewritten"


def _readable(files: dict[Path, str]) -> Pool:
    """The views compiled before, for their levels; what cannot be read is stale, and is said or written anew."""
    views: list[ViewPlan] = []
    for path, text in files.items():
        if path.name.endswith(".view.json"):
            try:
                views.append(read_view(path, text))
            except PlanError:
                continue
    return Pool(views=tuple(views), sets=())


def _check_view(root: Path, view: ViewPlan) -> tuple[int, list[MillpondError]]:
    path = examples_file(view)
    if not (root / path).is_file():
        mend = f"write {path}: events in, values out (see CONTRIBUTING)"
        return 0, [WrongExample("a view without examples", where=view.full_name, mend=mend)]
    return check_examples(view, (root / path).read_text(encoding="utf-8"), str(path))


def _orphans(root: Path, pool: Pool) -> Iterator[MillpondError]:
    for path in sorted((root / FEATURES).rglob(f"*{EXAMPLES}")):
        name = path.name.removesuffix(EXAMPLES)
        views = [view.name for view in pool.views if root / FEATURES / view.domain == path.parent]
        if name not in views:
            yield WrongExample(
                f"there is no view {name!r} here", where=str(path.relative_to(root)), mend=did_you_mean(name, views)
            )


def _stale(before: dict[Path, str], after: dict[Path, str]) -> Iterator[MillpondError]:
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        what = (
            "the plan is not compiled yet" if path not in before
            else "no definition stands for this plan" if path not in after
            else "the plan is not what the definition says"
        )  # fmt: skip
        yield PlanError(what, where=str(path), mend=_MEND)


def _stale_pages(before: dict[Path, str], after: dict[Path, str]) -> Iterator[MillpondError]:
    """One finding for all: a word in a view's description changes several pages."""
    stale = [str(path) for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    if stale:
        others = f", and {len(stale) - 1} more" if len(stale) > 1 else ""
        yield PlanError(f"{stale[0]}{others}: not what the definitions say", where=str(FOLDER), mend=_MEND)
