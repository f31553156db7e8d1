"""Damage done on purpose to the replies, before they are judged: a run that does not find it proves nothing."""

from collections.abc import Callable, Sequence
from typing import Final

from tests.serving.replies import Reply

_Damage = Callable[[Sequence[Reply]], list[Reply]]


def _middle(replies: Sequence[Reply]) -> int:
    """A usable reply in the middle of the run, whose key has replies before and behind it."""
    return next(i for i in range(len(replies) // 2, len(replies)) if replies[i].status == "present")


def _lost(replies: Sequence[Reply]) -> list[Reply]:
    gone = replies[_middle(replies)].place
    return [reply for reply in replies if reply.place != gone]


def _swapped(replies: Sequence[Reply]) -> list[Reply]:
    one = _middle(replies)
    key, place = replies[one].key, replies[one].place
    other = next(i for i in range(one + 1, len(replies)) if replies[i].key == key and replies[i].place != place)
    found = list(replies)
    found[one], found[other] = found[other], found[one]
    return found


def _flipped(replies: Sequence[Reply]) -> list[Reply]:
    found = list(replies)
    one = found[_middle(replies)]
    found[_middle(replies)] = one._replace(values={**one.values, "buyer__lines_1h": one.values["buyer__lines_1h"] + 1})
    return found


EVIDENCE: Final[dict[str, _Damage]] = {
    "lost-reply": _lost,
    "swapped-replies": _swapped,
    "flipped-value": _flipped,
}
