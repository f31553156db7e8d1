"""A copy of the tree in which faults are made and tests are run; the tree itself is never touched."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copy2
from typing import Final, NamedTuple

WITHIN_S: Final = 300
_PASSED, _FAILED = 0, 1
_FIRST: Final = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", re.MULTILINE)


class Outcome(NamedTuple):
    """How a run of tests ended.

    Attributes:
        passed: all did.
        first: the test that failed first; empty where all passed.
        trouble: why the run says nothing, such as a file that cannot be imported; empty where it does.
    """

    passed: bool
    first: str
    trouble: str


class Tree:
    """The files of a checkout that git knows or would add, in another folder."""

    def __init__(self, root: Path, copy: Path) -> None:
        self.copy = copy
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (root / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                copy2(root / name, copy / name)

    def check(self) -> None:
        """Make sure that what is tested here is the copy.

        Raises:
            RuntimeError: the checkout's own package is imported.
        """
        found = self._run("-c", "import millpond; print(millpond.__file__)").stdout.strip()
        if self.copy.resolve() not in Path(found).resolve().parents:
            raise RuntimeError(f"tests in the copy import {found}")

    def test(self, tests: tuple[str, ...]) -> Outcome:
        """Run some tests in the copy, up to the first that fails."""
        try:
            done = self._run("-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider", *tests)
        except subprocess.TimeoutExpired:
            return Outcome(passed=False, first="", trouble=f"not done in {WITHIN_S} s")
        first = _FIRST.search(done.stdout)
        if done.returncode == _PASSED:
            return Outcome(passed=True, first="", trouble="")
        if done.returncode == _FAILED and first is not None:
            return Outcome(passed=False, first=first[1], trouble="")
        return Outcome(passed=False, first="", trouble=(done.stdout + done.stderr).strip()[-2000:])

    def _run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        # A module of the same size, written within the same second, would be taken from its old .pyc: write none.
        # The same examples every time; the store alone, where a test asks for a stack.
        env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "CI": "true", "MILLPOND_TEST_STACK": "store"}
        return subprocess.run(
            [sys.executable, *args],
            cwd=self.copy,
            env=env,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
