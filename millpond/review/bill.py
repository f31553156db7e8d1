"""The part of a report that says what things cost, before and after."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from millpond.review.cost import NOTHING, Bytes, Cost, total
from millpond.review.review import Bill, Review
from millpond.review.sections import Section, Table

ALL: Final = "in all"
RETIRED: Final = "in all, once what is left is retired"
_HEAD: Final = ("what", "rows an event", "coalesced", "store", "Flink state", "savepoint")
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


def bill_sections(review: Review) -> Iterator[Section]:
    """Rows an event alone where no load was given; else bytes, too, live and just after a history."""
    bill = review.bill
    if bill is None:
        if review.rows:
            rows = tuple((name, str(number)) for name, number in review.rows.items())
            yield Section(
                title="Rows of tiles an event",
                lines=("Bytes are told at a load: --load FILE.toml, or --data FOLDER to count them in events.",),
                table=Table(head=("view", "rows"), rows=rows, numbers=1),
                folded=True,
            )
        return
    yield _section("Cost, live", bill, lambda cost: cost.live)
    if any(cost.live != cost.history for cost in (*bill.before.values(), *bill.after.values())):
        yield _section("Cost, just after a history was read at once", bill, lambda cost: cost.history)


def bill_summary(bill: Bill) -> str:
    """Store and state in all, before and after."""
    before, after = total(bill.before).live, total(bill.after).live
    return f"store {_change(before.store, after.store)}, Flink state {_change(before.state, after.state)}"


def _section(title: str, bill: Bill, held: Callable[[Cost], Bytes]) -> Section:
    names = dict.fromkeys([*bill.before, *bill.after])
    rows = [_row(name, bill.before.get(name), bill.after.get(name), held) for name in names]
    rows.append(_in_all(ALL, bill.before, bill.after, held))
    if bill.left:
        rows.append(_in_all(RETIRED, bill.before, _less(bill.after, bill.left), held))
    return Section(
        title=title,
        lines=("Jobs that go on as they are cost what they did, and are left out.",),
        table=Table(head=_HEAD, rows=tuple(rows), numbers=len(_HEAD) - 1),
    )


def _less(costs: Mapping[str, Cost], left: tuple[str, ...]) -> dict[str, Cost]:
    return {name: cost for name, cost in costs.items() if name not in left}


def _row(name: str, before: Cost | None, after: Cost | None, held: Callable[[Cost], Bytes]) -> tuple[str, ...]:
    old, new = before or NOTHING, after or NOTHING
    rows = _told(str(old.rows), str(new.rows)), _told(f"{old.coalesced:.2f}", f"{new.coalesced:.2f}")
    return (name, *(rows if new.rows or old.rows else ("", "")), *_bytes_of(held(old), held(new)))


def _in_all(
    name: str, before: Mapping[str, Cost], after: Mapping[str, Cost], held: Callable[[Cost], Bytes]
) -> tuple[str, ...]:
    """Rows an event are not added: events are of different sources."""
    return (name, "", "", *_bytes_of(held(total(before)), held(total(after))))


def _bytes_of(before: Bytes, after: Bytes) -> tuple[str, ...]:
    return (
        _change(before.store, after.store),
        _change(before.state, after.state),
        _change(before.savepoint, after.savepoint),
    )


def _change(before: float, after: float) -> str:
    return _told(_bytes(before), _bytes(after))


def _told(before: str, after: str) -> str:
    is_new = before in {"0", "0.00", _bytes(0)}
    return after if is_new or before == after else f"{before} -> {after}"


def _bytes(size: float) -> str:
    unit = 0
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_UNITS[unit]}" if size < 999.5 else f"{size:.0f} {_UNITS[unit]}"
