"""Fragment stamps: since when every event of the source is in a fragment's tiles in the store; see proven.lua."""

from collections.abc import Sequence
from typing import NamedTuple

from millpond.store.keys import fragment_freshness_field, freshness_key, topic_freshness_field
from millpond.store.scripts import Pipeline, Script

SCRIPT = Script.load("proven")


class Claim(NamedTuple):
    """What may be said of a fragment once its topic is applied far enough.

    Attributes:
        topic: the fragment's.
        partitions: of that topic.
        proofs: newest first: an instant (ms) at which the rows of all events in the source at another, the second,
            were in the topic.
    """

    topic: str
    partitions: int
    proofs: Sequence[tuple[int, int]]


def queue(pipe: Pipeline, ns: str, claim: Claim) -> None:
    """Add one call to a pipeline."""
    parts = [topic_freshness_field(claim.topic, partition) for partition in range(claim.partitions)]
    proofs = [instant for proof in claim.proofs for instant in proof]
    fragment = fragment_freshness_field(claim.topic)
    pipe.execute_command("EVALSHA", SCRIPT.sha, 1, freshness_key(ns), fragment, len(parts), *parts, *proofs)
