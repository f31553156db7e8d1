"""What an event that was kept gives to a partial, straight from the texts of its mark.

A tile keeps of an event what came out of every tree that any partial is over, so that nothing is evaluated here.
"""

import operator
from collections.abc import Callable, Sequence
from typing import TypeAlias

from millpond.algebra.contribution import contribution_by
from millpond.algebra.marks import number_of
from millpond.algebra.partials import One
from millpond.plan.expr import Expr
from millpond.plan.partials import Partial

Parts: TypeAlias = Sequence[str | None]
Gives: TypeAlias = Callable[[Parts], One | None]


def gives(partial: Partial, kept: Partial) -> Gives:
    """What tells of an event what it gives; None where `where` does not hold, or where its value is null.

    Args:
        kept: the column of events; `partial` is another one of its view.
    """
    places = {tree: place for place, tree in enumerate((*kept.order, *kept.fields))}

    def holds(tree: Expr) -> Callable[[Parts], bool]:
        place = places[tree]
        return lambda parts: parts[place] == "1"

    def number(tree: Expr) -> Callable[[Parts], int | float | None]:
        place, read = places[tree], number_of(tree.type)
        return lambda parts: None if (text := parts[place]) is None else read(text)

    def text(tree: Expr) -> Callable[[Parts], str | None]:
        return operator.itemgetter(places[tree])

    return contribution_by(partial, holds=holds, number=number, text=text)
