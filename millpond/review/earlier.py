"""The pool as it was at a git revision: its committed plans alone, never its Python."""

import subprocess
from pathlib import Path
from typing import Final

from millpond.plan.compiled import FOLDER
from millpond.plan.errors import PlanError
from millpond.plan.model import Pool, SetPlan, ViewPlan, decode

FEATURES: Final = "features"


def pool_at(root: Path, revision: str) -> Pool:
    """The compiled plans of the project at `root` as a revision has them; none where it has no plans.

    Hashes are taken as they were written: what a deployment compares is compared here.

    Raises:
        PlanError: no git, no such revision, or a plan that this version of Millpond cannot read.
    """
    named = f"{revision}^{{commit}}"
    commit = _git(root, revision, "rev-parse", "--verify", "--quiet", "--end-of-options", named).strip()
    listed = _git(root, revision, "ls-tree", "-r", "-z", "--name-only", commit, "--", FEATURES)
    files = [Path(name) for name in listed.split("\0") if _is_plan(Path(name))]
    texts = {path: _git(root, revision, "show", f"{commit}:./{path.as_posix()}") for path in files}
    return Pool(
        views=tuple(
            decode(text, ViewPlan, where=f"{revision}:{path}")
            for path, text in texts.items()
            if path.name.endswith(".view.json")
        ),
        sets=tuple(
            decode(text, SetPlan, where=f"{revision}:{path}")
            for path, text in texts.items()
            if path.name.endswith(".set.json")
        ),
    )


def _is_plan(path: Path) -> bool:
    return path.parent.name == FOLDER and path.name.endswith((".view.json", ".set.json"))


def _git(root: Path, revision: str, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
    except FileNotFoundError as cause:
        raise PlanError("git is not installed", mend="install it, or compare with `published`") from cause
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or "there is no such commit"
        raise PlanError(
            said,
            where=revision,
            mend="name a commit, branch or tag of this project's git repository, one of a remote after `git fetch`, "
            "or compare with `published`",
        )
    return done.stdout.decode("utf-8")
