"""What one event gives to a partial: the parts of its state are made of such."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from millpond.algebra.buckets import bucket
from millpond.algebra.evaluate import Evaluator, Event, evaluator
from millpond.algebra.marks import joined, written
from millpond.algebra.partials import One, limb, unscaled
from millpond.plan.expr import Expr
from millpond.plan.partials import MARKED, Partial
from millpond.plan.types import DOUBLE

_E = TypeVar("_E")


def contribution(partial: Partial) -> Callable[[Event], One | None]:
    """What tells of an event what it gives: None where `where` does not hold, or where its value is null."""
    return contribution_by(partial, holds=_holds, number=_number, text=_text)


def contribution_by(
    partial: Partial,
    *,
    holds: Callable[[Expr], Callable[[_E], bool]],
    number: Callable[[Expr], Callable[[_E], int | float | None]],
    text: Callable[[Expr], Callable[[_E], str | None]],
) -> Callable[[_E], One | None]:
    """The same of events in any form.

    Args:
        holds: what tells whether a condition is true for an event, and not null.
        number: what reads the value of a tree as states hold it.
        text: what reads it as marks have it.
    """
    given = _mark(partial, number, text) if partial.function in MARKED else _amount(partial, number, text)
    if partial.where is None:
        return given
    is_of = holds(partial.where)
    return lambda event: given(event) if is_of(event) else None


def _amount(
    partial: Partial,
    number: Callable[[Expr], Callable[[_E], int | float | None]],
    text: Callable[[Expr], Callable[[_E], str | None]],
) -> Callable[[_E], One | None]:
    if partial.value is None:
        return lambda _event: 1
    if partial.function == "count":
        told = text(partial.value)
        return lambda event: None if told(event) is None else 1
    of, power, place = number(partial.value), partial.power, partial.limb
    if power:
        return lambda event: None if (value := of(event)) is None else limb(int(value) ** power, place)
    return of


def _mark(
    partial: Partial,
    number: Callable[[Expr], Callable[[_E], int | float | None]],
    text: Callable[[Expr], Callable[[_E], str | None]],
) -> Callable[[_E], One | None]:
    if partial.bucketed:
        of = number(partial.order[0])
        return lambda event: None if (value := of(event)) is None else written(bucket(float(value)), DOUBLE)
    order, fields = [text(tree) for tree in partial.order], [text(tree) for tree in partial.fields]
    return lambda event: joined([told(event) for told in order], [told(event) for told in fields])


# --- of events by their fields --------------------------------------------------------------------------------------


def _holds(tree: Expr) -> Callable[[Event], bool]:
    of = evaluator(tree)
    return lambda event: of(event) is True


def _number(tree: Expr) -> Callable[[Event], int | float | None]:
    of, type = evaluator(tree), tree.type
    return lambda event: None if (value := of(event)) is None else unscaled(_numeric(value), type)


def _numeric(value: object) -> int | float | Decimal:
    assert isinstance(value, int | float | Decimal), "compiled over a number"
    return value


def _text(tree: Expr) -> Callable[[Event], str | None]:
    of: Evaluator = evaluator(tree)
    type = tree.type
    return lambda event: None if (value := of(event)) is None else written(value, type)
