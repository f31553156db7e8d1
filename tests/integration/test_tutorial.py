"""The tutorial, done as it is written: every file, every command and every line it shows, in a pool of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from millpond.local.state import read_state
from millpond.local.workspace import Workspace
from tests.integration.stacks import AnyStack

TUTORIAL = Path("docs") / "tutorial" / "README.md"
PROJECT = ("features", "schemas", "jobs", "docs/features", "millpond.toml")
WITHIN_S = 240


@dataclass(frozen=True)
class Step:
    """A block of the tutorial.

    Attributes:
        note: what a comment before it says: `file: …`, `fails`, or `again`, until it shows what comes next.
        language: of the block.
        text: what stands in it.
        line: where.
    """

    note: str
    language: str
    text: str
    line: int


def steps(markdown: str) -> Iterator[Step]:
    note = ""
    for token in MarkdownIt().parse(markdown):
        if token.type == "html_block":
            note = token.content.strip().removeprefix("<!--").removesuffix("-->").strip()
        elif token.type == "fence":
            assert token.map is not None, "a block of a text has its lines"
            yield Step(note, token.info, token.content, token.map[0] + 1)
            note = ""


@pytest.mark.timeout(900)
def test_whoever_follows_the_tutorial_sees_what_it_says(stack: AnyStack, tmp_path: Path) -> None:
    root = Workspace.find().root
    for name in PROJECT:
        source, target = root / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    for command in ("init", "add --all", "-c user.name=tests -c user.email=tests@localhost commit --message=before"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MILLPOND_")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
    }
    printed, again = "", None
    try:
        for step in steps((root / TUTORIAL).read_text("utf-8")):
            match step:
                case Step(note="set up"):
                    pass
                case Step(note=note) if note.startswith("file: "):
                    (tmp_path / note.removeprefix("file: ")).write_text(step.text, "utf-8")
                case Step(language="sh"):
                    printed = run(["bash", "-euo", "pipefail", "-c", step.text], step, tmp_path, environ)
                    environ |= addresses(tmp_path)
                    again = step if step.note == "again" else None
                case Step(language="python"):
                    printed = run([sys.executable, "-c", step.text], step, tmp_path, environ)
                case Step(language="text"):
                    deadline = time.monotonic() + WITHIN_S
                    while again is not None and not_shown(printed, step) and time.monotonic() < deadline:
                        time.sleep(2)
                        printed = run(["bash", "-euo", "pipefail", "-c", again.text], again, tmp_path, environ)
                    missing = not_shown(printed, step)
                    assert not missing, f"line {step.line} shows {missing}, and what came is:\n{printed}"
                case _:
                    raise AssertionError(f"line {step.line}: what is to become of a block of {step.language!r}?")
    finally:
        subprocess.run(["millpond", "down"], cwd=tmp_path, env=environ, check=True, timeout=WITHIN_S)


def run(command: list[str], step: Step, folder: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    printed = done.stdout + done.stderr
    assert (done.returncode != 0) is (step.note == "fails"), f"line {step.line}: {step.text}\n{printed}"
    return printed


def addresses(folder: Path) -> dict[str, str]:
    """What the reader of the tutorial takes from what `millpond up` says."""
    state = read_state(folder / ".millpond" / "dev")
    return {} if state is None or state.addresses is None else {"STORE": state.addresses.store}


def not_shown(printed: str, step: Step) -> list[str]:
    """Which lines do not stand in what was printed, spaces apart; … is anything."""
    return [line for line in step.text.splitlines() if not re.search(pattern(line), printed)]


def pattern(line: str) -> str:
    return r"\s+".join(re.escape(word).replace("…", ".*?") for word in line.split())
