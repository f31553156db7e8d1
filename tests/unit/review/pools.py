"""Small pools over the sample pool's sales, to be compared."""

import subprocess
from pathlib import Path

from millpond.define.compiler import compile_pool
from millpond.define.pool_files import write_compiled
from millpond.plan.model import Pool
from tests.unit.define.sample import project

VIEW = """
from features.shop import sources
from millpond import *
from millpond import _

visitor = FeatureView(
    "visitor", version=1, owner="me", entity=sources.customer, source=sources.sales,
    by={"customer_id": _.customer_id}, windows=["1h", "30d"],
    features={"spend": Sum(_.amount), "dear": Count(where=_.amount > 5)},
)
"""
SET = """
from features.shop.visitor import visitor
from millpond import FeatureSet

seen = FeatureSet("seen", version=1, owner="me", features=visitor.all())
"""
FILES = {"features/shop/visitor.py": VIEW, "features/shop/sets.py": SET}


def pool(root: Path, *changes: tuple[str, str]) -> Pool:
    """The pool above, each text in it replaced by another; compiled below a folder of its own."""
    made = root / str(len(list(root.iterdir())))
    return compile_pool(project(made, changed(*changes)))


def changed(*changes: tuple[str, str]) -> dict[str, str]:
    """The files, each text replaced wherever it stands."""
    files = dict(FILES)
    for old, new in changes:
        assert any(old in text for text in files.values()), old
        files = {path: text.replace(old, new) for path, text in files.items()}
    return files


def repository(root: Path) -> Path:
    """The pool above as a project in git, compiled and committed."""
    made = project(root / "project", FILES)
    write_compiled(made)
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["-c", "user.name=me", "-c", "user.email=me@here", "commit", "--quiet", "--message=first"],
    ):
        subprocess.run(["git", *words], cwd=made, check=True)
    return made
