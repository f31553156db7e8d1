"""What is asked at an instant, of which sets, and what the Reader said."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from millpond.serve import Reader, Vector
from millpond.simulate import Simulation
from millpond.simulate.simulation import Sent
from millpond.simulate.topics import DOCUMENTS, TRANSFERS
from tests.payments.sending import Sending

TIMEOUT_MS: Final = 60_000
AT_ONCE: Final = 50
STALE_AFTER_MS: Final = 3_600_000  # nothing is sent meanwhile


@dataclass(frozen=True, kw_only=True)
class About:
    """Sets that are asked about the events of a topic.

    Attributes:
        sets: full name -> whether it counts the event itself.
        arrived: how many of the latest are asked about at an instant; as many frauds where there are some.
        coming: how many that have not arrived.
    """

    kind: str
    topic: str
    sets: dict[str, bool]
    arrived: int
    coming: int


ABOUT: Final = (
    About(
        kind="transfers",
        topic=TRANSFERS.name,
        sets={"payments.transfer_fraud": False, "payments.transfer_monitoring": True},
        arrived=6,
        coming=2,
    ),
    About(
        kind="documents",
        topic=DOCUMENTS.name,
        sets={"kyc.document_fraud": False, "kyc.document_monitoring": True},
        arrived=2,
        coming=1,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """One vector.

    Attributes:
        cutoff: everything that arrived until then was in the store, ms.
        event: the request.
        counts: whether it counts itself.
    """

    kind: str
    set: str
    cutoff: int
    event: dict[str, Any]
    counts: bool
    vector: Vector


def ask(reader: Reader, sending: Sending, simulation: Simulation, cutoff: int, rng: random.Random) -> Iterator[Said]:
    """Every set about some events; some of them frauds, some not yet arrived."""
    for about in ABOUT:
        latest = list(sending.latest[about.topic])
        frauds = [sent for sent in latest if sent.event["event_id"] in simulation.truth]
        some = _some(latest, about.arrived, rng) + _some(frauds, about.arrived, rng)
        some += sending.coming(about.topic)[: about.coming]
        events = list({sent.event["event_id"]: sent.event for sent in some}.values())
        yield from said_of(reader, about, events, cutoff)


def said_of(reader: Reader, about: About, events: Sequence[dict[str, Any]], cutoff: int) -> Iterator[Said]:
    """Every set about some events."""
    for name, counts in about.sets.items():
        opened = reader.open(name, version=1)
        for start in range(0, len(events), AT_ONCE):
            some = events[start : start + AT_ONCE]
            for event, vector in zip(some, opened.read_many(some, timeout_ms=TIMEOUT_MS), strict=True):
                yield Said(kind=about.kind, set=name, cutoff=cutoff, event=event, counts=counts, vector=vector)


def _some(events: Sequence[Sent], most: int, rng: random.Random) -> list[Sent]:
    return rng.sample(events, min(most, len(events)))
