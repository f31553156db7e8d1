"""What a judge must notice: each takes what happened, and makes one thing of it wrong."""

from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from millpond.serve.status import USABLE
from tests.own_event.running import Happened, Reply

WHERE: Final = "buyer__spend_1h"


def _reply(happened: Happened) -> Happened:
    """A value is a cent too large."""
    return _with_reply(happened, lambda one: {**one.values, WHERE: one.values[WHERE] + 1})


def _null(happened: Happened) -> Happened:
    """A value that is to be used is null."""
    return _with_reply(happened, lambda one: {**one.values, WHERE: None})


def _type(happened: Happened) -> Happened:
    """A decimal is a double."""
    return _with_reply(happened, lambda one: {**one.values, WHERE: float(one.values[WHERE])})


def _own(happened: Happened) -> Happened:
    """A vector that leaves its own sale out is of the set that counts it."""
    counted = {one.request: one for one in happened.replies["includes"] if _is_usable(one)}
    return _with_reply(happened, lambda one: counted[one.request].values, among=counted)


def _status(happened: Happened) -> Happened:
    """A vector that is behind says that it is not."""
    replies = [*happened.replies["includes"]]
    at, one = next((at, one) for at, one in enumerate(replies) if "behind" in one.statuses.values())
    replies[at] = one._replace(statuses=dict.fromkeys(one.statuses, "present"))
    return happened._replace(replies={**happened.replies, "includes": replies})


def _sale(happened: Happened) -> Happened:
    """A sale that others count was of another amount."""
    records = [*happened.records]
    at = next(at for at, one in enumerate(records) if one.customer == "c0" and 0 <= one.arrival - one.ts < 1_000)
    records[at] = records[at]._replace(amount=records[at].amount + 1)
    return happened._replace(records=records)


def _lost(happened: Happened) -> Happened:
    """A request has no reply."""
    return happened._replace(replies={**happened.replies, "excludes": happened.replies["excludes"][1:]})


def _twice(happened: Happened) -> Happened:
    """A request has two replies."""
    replies = happened.replies["excludes"]
    return happened._replace(replies={**happened.replies, "excludes": [*replies, replies[0]]})


def _order(happened: Happened) -> Happened:
    """Two replies to one customer change places."""
    replies = [*happened.replies["excludes"]]
    one, other = [at for at, reply in enumerate(replies) if reply.key == replies[0].key][:2]
    replies[one], replies[other] = replies[other], replies[one]
    return happened._replace(replies={**happened.replies, "excludes": replies})


DAMAGES: Final[Mapping[str, Callable[[Happened], Happened]]] = {
    "reply": _reply,
    "null": _null,
    "type": _type,
    "own": _own,
    "status": _status,
    "sale": _sale,
    "lost": _lost,
    "twice": _twice,
    "order": _order,
}


def _with_reply(
    happened: Happened, change: Callable[[Reply], dict[str, Any]], *, among: Container[tuple[int, int]] | None = None
) -> Happened:
    """One reply that leaves its sale out is changed, in the middle of the run."""
    replies = [*happened.replies["excludes"]]
    at = next(
        at
        for at in range(len(replies) // 2, len(replies))
        if _is_usable(replies[at]) and (among is None or replies[at].request in among)
    )
    replies[at] = replies[at]._replace(values=change(replies[at]))
    return happened._replace(replies={**happened.replies, "excludes": replies})


def _is_usable(reply: Reply) -> bool:
    return reply.values[WHERE] is not None and reply.statuses[WHERE] in USABLE
