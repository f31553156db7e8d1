"""What `millpond preview` says of the same events, beside what the Reader says when all of them are in the store."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from millpond.local.workspace import Workspace
from millpond.offline.data import Files, load
from millpond.offline.subject import subject
from millpond.offline.vectors import Ask, vectors
from millpond.serve import Reader
from millpond.serve.status import USABLE
from millpond.simulate.simulation import Sent
from tests.payments.asking import ABOUT, Said, said_of


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """One set.

    Attributes:
        values: that the Reader says are to be used, and the preview was compared with.
        different: of those, in value or status.
    """

    set: str
    vectors: int
    values: int
    different: int


def read_at_the_end(reader: Reader, latest: Mapping[str, Sequence[Sent]], cutoff: int) -> list[Said]:
    """Every set about the events that arrived last."""
    return [
        said for about in ABOUT for said in said_of(reader, about, [sent.event for sent in latest[about.topic]], cutoff)
    ]


def previewed(folder: Path, said: Sequence[Said]) -> list[Previewed]:
    """The same vectors from the files of the simulation, without anything deployed."""
    found = []
    for name in dict.fromkeys(one.set for one in said):
        some = [one for one in said if one.set == name]
        asked = subject(Workspace.find().root, name)
        events = load(asked, Files(folder))
        offline = vectors(events, asked.plan, asked.views, [Ask(one.event) for one in some])
        events.close()
        pairs = [
            ((value, status), (seen, says))
            for one, vector in zip(some, offline, strict=True)
            for value, status, seen, says in zip(
                one.vector.values, one.vector.statuses, vector.values, vector.statuses, strict=True
            )
            if status in USABLE
        ]
        different = sum(read != seen for read, seen in pairs)
        found.append(Previewed(set=name, vectors=len(some), values=len(pairs), different=different))
    return found
