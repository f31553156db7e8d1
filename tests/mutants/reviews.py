"""Faults in what a review says that a change means, starts and costs."""

from typing import Final

from tests.mutants.mutant import Mutant

WRITTEN: Final = ("tests/unit/define/test_written.py",)
DIFFERENCE: Final = ("tests/unit/review/test_difference.py",)
OUTLOOK: Final = ("tests/unit/review/test_outlook.py",)
MEANING: Final = ("tests/unit/control/test_meaning.py",)
COUNTED: Final = ("tests/unit/review/test_counted.py",)
MODELLED: Final = ("tests/unit/review/test_modelled.py",)
STATE: Final = ("tests/unit/review/test_state_bytes.py",)

REVIEWS: Final = (
    Mutant(
        name="what is subtracted stands without its parentheses",
        file="millpond/define/written.py",
        old="SUM if binds == COMPARED else binds + 1",
        new="SUM if binds == COMPARED else binds",
        tests=WRITTEN,
    ),
    Mutant(
        name="constants are written without asking what they give",
        file="millpond/define/written.py",
        old="return build(parts) == expr",
        new="return build(parts) is not None",
        tests=WRITTEN,
    ),
    Mutant(
        name="trees that are written alike are taken for the same",
        file="millpond/review/difference.py",
        old="if [*map(written, earlier.trees)] == [*map(written, partial.trees)]:",
        new="if False:",
        tests=DIFFERENCE,
    ),
    Mutant(
        name="a new version is compared with the oldest",
        file="millpond/review/difference.py",
        old="elif old is None:",
        new="elif old is None and False:",
        tests=DIFFERENCE,
    ),
    Mutant(
        name="a meaning that differs from what is served is not refused",
        file="millpond/control/meaning.py",
        old="if served is not None and served.plan.meaning != plan.meaning:",
        new="if served is not None and False:",
        tests=MEANING,
    ),
    Mutant(
        name="what was retired still refuses another meaning",
        file="millpond/control/meaning.py",
        old="for fragment in job.living)",
        new="for fragment in job.fragments)",
        tests=MEANING,
    ),
    Mutant(
        name="a view that is gone is said to be stopped",
        file="millpond/review/outlook.py",
        old="if (fragment.view_name, fragment.version) not in wanted]",
        new="if False]",
        tests=OUTLOOK,
    ),
    Mutant(
        name="copies are counted as events",
        file="millpond/review/counted_sql.py",
        old='first = f"QUALIFY row_number() OVER ({copies}) = 1"',
        new='first = ""',
        tests=COUNTED,
    ),
    Mutant(
        name="late events are counted",
        file="millpond/review/counted_sql.py",
        old="BETWEEN {-source.skew_ms} AND {source.lateness_ms}",
        new="BETWEEN {-source.skew_ms} AND {99 * source.lateness_ms}",
        tests=COUNTED,
    ),
    Mutant(
        name="a slot keeps the record of its first tile",
        file="millpond/review/counted_sql.py",
        old="arg_max(record, tile)",
        new="arg_min(record, tile)",
        tests=COUNTED,
    ),
    Mutant(
        name="a hash that died keeps its slots",
        file="millpond/review/counted_sql.py",
        old="AND took >= coalesce(born, took)",
        new="",
        tests=COUNTED,
    ),
    Mutant(
        name="a tile keeps marks beyond its cap",
        file="millpond/review/modelled.py",
        old="number = np.minimum(_number(partial, events, view, load), partial.most or 1)",
        new="number = _number(partial, events, view, load)",
        tests=MODELLED,
    ),
    Mutant(
        name="tiles that are cut by the present are forgotten",
        file="millpond/review/modelled.py",
        old="(span / tile - 1) * full + 2 * (1 - full / (rate * tile))",
        new="(span / tile - 1) * full",
        tests=MODELLED,
    ),
    Mutant(
        name="all entities are alike",
        file="millpond/review/modelled.py",
        old="share = middle**-told.skew",
        new="share = middle**0.0",
        tests=MODELLED,
    ),
    Mutant(
        name="sums are taken to be of 64 bits in Flink",
        file="millpond/review/state_bytes.py",
        old='(partial.function == "sum" or partial.type.precision > NARROW_DIGITS)',
        new="partial.type.precision > NARROW_DIGITS + 20",
        tests=STATE,
    ),
)
