"""What one event gives to a partial: the parts of its state are made of such."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

from millpond.algebra.buckets import bucket
from millpond.algebra.evaluate import Evaluator, Event, Value, evaluator
from millpond.algebra.marks import mark
from millpond.algebra.partials import limb, unscaled
from millpond.plan.expr import Expr
from millpond.plan.partials import MARKED, Partial
from millpond.plan.types import Type

One: TypeAlias = int | float | str
"""Of a count 1, of a sum what is added to it, of a min or max the number as states hold it, else the mark."""

Contribution: TypeAlias = Callable[[Event], One | None]


def contribution(partial: Partial) -> Contribution:
    """What tells of an event what it gives: None where `where` does not hold, or where its value is null."""
    given = _mark(partial) if partial.function in MARKED else _number(partial)
    if partial.where is None:
        return given
    holds = evaluator(partial.where)
    return lambda event: given(event) if holds(event) is True else None


def _number(partial: Partial) -> Contribution:
    if partial.value is None:
        return lambda _event: 1
    of, type, value_type = evaluator(partial.value), partial.type, partial.value.type
    if partial.function == "count":
        return lambda event: None if of(event) is None else 1
    if partial.power:
        return lambda event: None if (value := of(event)) is None else _limb_of(partial, value, value_type)
    return lambda event: None if (value := of(event)) is None else unscaled(_numeric(value), type)


def _limb_of(partial: Partial, value: Value, type: Type) -> int:
    return limb(int(unscaled(_numeric(value), type)) ** partial.power, partial.limb)


def _numeric(value: Value) -> int | float | Decimal:
    assert not isinstance(value, str), "compiled over a number"
    return value


def _mark(partial: Partial) -> Contribution:
    order, fields = _typed(partial.order), _typed(partial.fields)

    def of(event: Event) -> str | None:
        told = [(tree(event), type) for tree, type in order]
        if partial.bucketed:
            told = [(None if value is None else bucket(float(value)), type) for value, type in told]
        return mark(told, [(tree(event), type) for tree, type in fields])

    return of


def _typed(trees: Sequence[Expr]) -> list[tuple[Evaluator, Type]]:
    return [(evaluator(tree), tree.type) for tree in trees]
