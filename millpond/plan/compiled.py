"""Compiled plans as committed files: features/<domain>/compiled/<name>.view.json and <name>.set.json."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from millpond.plan.errors import PlanError
from millpond.plan.hashes import hashed_set, hashed_view
from millpond.plan.model import Pool, SetPlan, ViewPlan, decode, encode

FOLDER: Final = "compiled"
_WIDTH: Final = 110
_MEND: Final = "run `millpond compile`"


def path_of(plan: ViewPlan | SetPlan) -> Path:
    """Where a plan's file lies, from the project's root."""
    kind = "view" if isinstance(plan, ViewPlan) else "set"
    return Path("features") / plan.domain / FOLDER / f"{plan.name}.{kind}.json"


def text_of(plan: ViewPlan | SetPlan) -> str:
    """A plan as its file holds it: indented, and the same for the same plan, always."""
    return _pretty(json.loads(encode(plan)), "") + "\n"


def _pretty(value: Any, indent: str) -> str:
    """JSON for reviewers: what fits a line stands on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _WIDTH or not isinstance(value, dict | list):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(key)}: {_pretty(part, inner)}" for key, part in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _pretty(part, inner) for part in value) + f"\n{indent}]"


def files_of(pool: Pool) -> dict[Path, str]:
    """Every file of a compiled pool, by path from the project's root."""
    plans: list[ViewPlan | SetPlan] = [*pool.views, *pool.sets]
    return {path_of(plan): text_of(plan) for plan in plans}


def files_in(root: Path) -> dict[Path, str]:
    """The files that are there, by path from the project's root."""
    found = sorted((root / "features").glob(f"*/{FOLDER}/*.json"))
    return {path.relative_to(root): path.read_text(encoding="utf-8") for path in found}


def read_view(path: Path, text: str) -> ViewPlan:
    """One compiled view.

    Raises:
        PlanError: the file is damaged, or is not what its name says.
    """
    plan = decode(text, ViewPlan, where=str(path))
    _check(path, plan, hashed_view(plan))
    return plan


def read_set(path: Path, text: str) -> SetPlan:
    """One compiled set.

    Raises:
        PlanError: the file is damaged, or is not what its name says.
    """
    plan = decode(text, SetPlan, where=str(path))
    _check(path, plan, hashed_set(plan))
    return plan


def load_compiled(root: Path) -> Pool:
    """The committed plans of the project at `root`; reads JSON alone, never a contributor's Python.

    Raises:
        PlanError: there are none, one is damaged, or a set binds a view that has changed since.
    """
    files = files_in(root)
    if not files:
        raise PlanError("there are no compiled plans", where="features", mend=_MEND)
    for path in files:
        if not path.name.endswith((".view.json", ".set.json")):
            raise PlanError("not the name of a compiled plan", where=str(path), mend="remove it; " + _MEND)
    pool = Pool(
        views=tuple(read_view(path, text) for path, text in files.items() if path.name.endswith(".view.json")),
        sets=tuple(read_set(path, text) for path, text in files.items() if path.name.endswith(".set.json")),
    )
    _check_bindings(pool.views, pool.sets)
    return pool


def _check(path: Path, plan: ViewPlan | SetPlan, hashed: ViewPlan | SetPlan) -> None:
    if path != path_of(plan):
        raise PlanError(f"it holds {plan.full_name}", where=str(path), mend=_MEND)
    if plan != hashed:
        raise PlanError("its content does not fit its hashes: it was edited by hand", where=str(path), mend=_MEND)


def _check_bindings(views: Iterable[ViewPlan], sets: Iterable[SetPlan]) -> None:
    known = {view.full_name: view.meaning for view in views}
    for plan in sets:
        for binding in plan.bindings:
            if known.get(binding.view) != binding.meaning:
                raise PlanError(f"it binds {binding.view} as it no longer is", where=str(path_of(plan)), mend=_MEND)
