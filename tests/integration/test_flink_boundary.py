"""Every operation an author may write, over values at the edges, in a real Flink: one batch query proves them all."""

from pathlib import Path

from millpond.algebra.evaluate import evaluate
from millpond.sql.dialects import FLINK
from millpond.sql.expressions import render
from millpond.sql.functions import FUNCTIONS, functions_in
from millpond.sql.quote import backticked
from tests.integration.test_flink_expressions import in_flink, parsed
from tests.unit.sql.boundary import TYPES, cases, nested, rows

# What decodes, and what partials are made of: proven by jobs that run.
OF_JOBS = {"AVRO_DECODE", "MARK", "POWER_LIMB", "BUCKET", "FIRSTS", "LASTS", "TALLY"}


def test_flink_computes_what_we_do(tmp_path: Path) -> None:
    proven = [*cases(), *nested(40, seed=2)]
    texts = [render(case.tree, FLINK, backticked) for case in proven]
    assert set(functions_in(texts)) == FUNCTIONS.keys() - OF_JOBS
    found = in_flink(tmp_path, TYPES, rows(), texts)
    wrong = []
    for case, text, column in zip(proven, texts, zip(*found, strict=True), strict=True):
        for row, printed in zip(rows(), column, strict=True):
            value, wanted = parsed(printed, case.tree.type), evaluate(case.tree, row)
            if not case.equal(value, wanted):
                wrong.append(f"{case.spelling}: {case.told(row)}: found {printed!r}, wanted {wanted!r}: {text[:200]}")
                break
    assert not wrong, "\n".join(wrong)
