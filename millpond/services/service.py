"""What an enricher is to do."""

from dataclasses import dataclass, field

from millpond.services import LARGEST, READ_MS, From
from millpond.services.patience import Patience
from millpond.services.scoring import Scoring


@dataclass(frozen=True, kw_only=True)
class Service:
    """A set, and what is asked and answered with it.

    Attributes:
        full_name, version: of the set.
        requests, replies, dead_letters: topics.
        group: the consumer group that shares the requests.
        begin: where a partition begins of which nothing was committed yet.
        patience: how long requests wait.
        read_ms: how long the store may take for one look.
        largest: bytes that a request may have.
        scoring: how vectors are scored; None where they are not.
    """

    full_name: str
    version: int
    requests: str
    replies: str
    dead_letters: str
    group: str
    begin: From = "earliest"
    patience: Patience = field(default_factory=Patience)
    read_ms: int = READ_MS
    largest: int = LARGEST
    scoring: Scoring | None = None
