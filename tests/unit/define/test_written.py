"""Expressions as a person would write them: written and bound again, they are the same trees."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pytest

from millpond import _, haversine_km, local_day_of_week, local_hour
from millpond.define.compiler import compile_pool
from millpond.define.expressions import bind
from millpond.define.fields import Record, of_source
from millpond.define.written import _WRITES, written
from millpond.plan.errors import DefinitionError, PlanError
from millpond.plan.expr import Call, Expr, Field, constant
from millpond.plan.operations import OPERATIONS, call
from millpond.plan.types import BOOLEAN, DOUBLE, INT, STRING, Type
from tests.unit.define.sample import RIGHT, bound, schema
from tests.unit.define.test_expressions import EVERY_FORM
from tests.unit.sql.boundary import TYPES, cases, nested

ROOT = Path(__file__).parents[3]
NAMES: dict[str, Any] = {
    "_": _,
    "ibis": ibis,
    "Decimal": Decimal,
    "datetime": datetime,
    "UTC": UTC,
    "haversine_km": haversine_km,
    "local_hour": local_hour,
    "local_day_of_week": local_day_of_week,
}
COLUMNS = schema({name: str(type) for name, type in TYPES.items()}).fields


def again(tree: Expr, fields: Record) -> Expr:
    """What the written form is bound to."""
    return bind(eval(written(tree), dict(NAMES)), fields)


@pytest.mark.parametrize("form", EVERY_FORM)
def test_every_form_is_written_so_that_it_is_the_same_again(form: str) -> None:
    tree = EVERY_FORM[form][1]
    assert bound(eval(written(tree), dict(NAMES))) == tree


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.spelling)
def test_every_operation_is_written_so_that_it_is_the_same_again(case: Any) -> None:
    assert again(case.tree, COLUMNS) == case.tree


def can_be_authored(tree: Expr) -> bool:
    """Authors join booleans two by two, and ibis leaves out a cast of what by its own types is such a value anyway."""
    if not isinstance(tree, Call):
        return True
    if tree.op in ("and", "or") and len(tree.args) > 2:
        return False
    if tree.op == "try_cast" and isinstance(tree.args[0], Call):
        return False
    if tree.op == "cast" and isinstance(tree.args[0], Call) and tree.type == DOUBLE:
        return False
    return all(map(can_be_authored, tree.args))


def test_operations_in_operations_are_written_so_that_they_are_the_same_again() -> None:
    met = 0
    for case in (case for case in nested(400, seed=5) if can_be_authored(case.tree)):
        try:
            found = again(case.tree, COLUMNS)
        except DefinitionError as error:
            # ibis has types of its own, and refuses some comparisons that ours allow.
            if "ibis cannot bind" not in error.what:
                raise
        else:
            met += 1
            assert found == case.tree, written(case.tree)
    assert met > 100


@pytest.mark.parametrize("root", [ROOT, RIGHT, ROOT / "benchmarks" / "pool"], ids=lambda root: root.name)
def test_all_that_pools_hold_is_written_so_that_it_is_the_same_again(root: Path) -> None:
    pool = compile_pool(root)
    for view in pool.views:
        trees = [*view.by, *(tree for partial in view.partials for tree in partial.trees)]
        # What an exact view keeps begins with a constant, which no author writes.
        for tree in (tree for tree in trees if tree != constant(True, BOOLEAN)):
            assert again(tree, of_source(view.source)) == tree, written(tree)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (_.amount > 5, "_.amount > 5"),
        (_.amount > 9.99, "_.amount > 9.99"),
        (_.amount.cast("decimal(12,2)") + 1, '_.amount.cast("decimal(12,2)") + 1'),
        ((_.amount - _.quantity) * 2, "(_.amount - _.quantity) * 2"),
        (_.amount - (_.quantity - 1), "_.amount - (_.quantity - 1)"),
        (_.channel.isnull() | (_.gift & (_.quantity != 3)), "_.channel.isnull() | (_.gift & (_.quantity != 3))"),
        (_.channel.notin(["WEB", 'a "b"']), '_.channel.notin(["WEB", "a \\"b\\""])'),
        (_.amount.nullif(0), "_.amount.nullif(0)"),
        (_.amount.sign(), "_.amount.sign()"),
        (ibis.least(_.amount, _.quantity, 3), "ibis.least(_.amount, _.quantity, 3)"),
        (ibis.cases((_.gift, 1), else_=_.amount), "ibis.cases((_.gift, 1), else_=_.amount)"),
        (_.sold_at >= datetime(2024, 1, 2, 3, tzinfo=UTC), "_.sold_at >= datetime(2024, 1, 2, 3, 0, tzinfo=UTC)"),
        (local_hour(_.sold_at, "Europe/Berlin") < 6, 'local_hour(_.sold_at, "Europe/Berlin") < 6'),
    ],
    ids=str,
)
def test_people_find_what_they_wrote(expression: Any, text: str) -> None:
    assert written(bound(expression)) == text


def test_every_operation_there_is_can_be_written() -> None:
    assert set(_WRITES) == set(OPERATIONS)


def test_an_operation_of_another_version_is_refused() -> None:
    with pytest.raises(PlanError, match="'frobnicate' is no operation"):
        written(Call("frobnicate", STRING, (Field("a", STRING),)))


def test_a_tree_that_no_rule_gives_today_is_written_out() -> None:
    odd = Call("add", Type.parse("decimal(30,2)"), (Field("cents", Type.parse("decimal(10,2)")), constant(1, INT)))
    assert call("add", *odd.args) != odd
    assert written(odd) == "_.cents + 1"
