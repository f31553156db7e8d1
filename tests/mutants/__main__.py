"""`python -m tests.mutants [WORD …]`: makes one fault after the other, and asks which test notices.

Without a word all of them, else those whose name or file contains one. Exits 1 where a fault is noticed by no test,
2 where a fault or its tests are no longer what the catalogue says.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.catalogue import MUTANTS
from tests.mutants.copied import Tree
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]


def main(words: Sequence[str]) -> int:
    """The exit code."""
    chosen = [m for m in MUTANTS if not words or any(word in f"{m.name} {m.file}" for word in words)]
    stale = [why for mutant in chosen if (why := _stale(mutant))]
    if stale or not chosen:
        print("\n".join(stale) or f"no fault is called {' or '.join(words)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Tree(ROOT, Path(folder))
        tree.check()
        # A test that fails without a fault notices none.
        sound = tree.test(tuple(sorted({test for mutant in chosen for test in mutant.tests})))
        if not sound.passed:
            print(f"the tests fail without a fault:\n{sound.first or sound.trouble}", file=sys.stderr)
            return 2
        width = max(len(mutant.name) for mutant in chosen)
        survived = broken = 0
        for mutant in chosen:
            before = mutant.apply(tree.copy)
            outcome = tree.test(mutant.tests)
            (tree.copy / mutant.file).write_text(before)
            survived += outcome.passed
            broken += bool(outcome.trouble)
            told = "SURVIVED" if outcome.passed else outcome.first or f"BROKEN: {outcome.trouble}"
            print(f"{mutant.name:<{width}}  {told}", flush=True)
    print(f"{len(chosen)} faults, {len(chosen) - survived - broken} noticed, {survived} survived, {broken} broken")
    return 1 if survived else 2 if broken else 0


def _stale(mutant: Mutant) -> str:
    try:
        mutant.mutated((ROOT / mutant.file).read_text())
    except LookupError as cause:
        return str(cause.args[0])
    except FileNotFoundError:
        return f"{mutant.name}: there is no {mutant.file}"
    return ""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
