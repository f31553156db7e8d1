"""What `millpond doctor` looks at: an environment at one instant, as plain data. What could not be asked is None."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from millpond.plan.deployment import JobRecord

Service = Literal["kafka", "registry", "flink", "store"]


@dataclass(frozen=True, kw_only=True)
class PartFact:
    """A part of the local stack.

    Attributes:
        why_not: why it is not healthy, in a few words; empty when it is.
        restarts: how often it was started again because it died.
        last_death: how it died last; empty before.
        last_death_ms: when.
        log: its log file.
    """

    name: str
    why_not: str
    restarts: int
    last_death: str
    last_death_ms: int | None
    log: str


@dataclass(frozen=True, kw_only=True)
class FlinkJob:
    """A job as Flink knows it.

    Attributes:
        why: its last failure; empty where it had none.
        running_since_ms: when it began to run for the last time; None where it does not run.
        restarts: how often it was restarted; None where it tells nothing.
        checkpoint_ms: when its last checkpoint was completed; None before the first.
        failed_since: checkpoints that failed after that one, of those Flink remembers.
        checkpoint_failure: why the last of them failed.
    """

    name: str
    state: str
    why: str = ""
    running_since_ms: int | None = None
    restarts: int | None = None
    checkpoint_ms: int | None = None
    failed_since: int = 0
    checkpoint_failure: str = ""


@dataclass(frozen=True, kw_only=True)
class FlinkFacts:
    """The cluster; `jobs` by Flink's id, ended ones too."""

    task_managers: int
    slots: int
    slots_free: int
    jobs: Mapping[str, FlinkJob]


@dataclass(frozen=True, kw_only=True)
class TopicFact:
    """A topic that a recorded job reads or writes.

    Attributes:
        ends: end offsets in partition order; empty where there is no such topic.
        wrong: setting -> what it is and what it must be.
    """

    ends: tuple[int, ...]
    wrong: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class KafkaFacts:
    """The broker.

    Attributes:
        topics: by name.
        materializers: members of the materializers' group.
        letters: job -> reason -> dead letters that came since the observation began.
    """

    topics: Mapping[str, TopicFact]
    materializers: int
    letters: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StoreFacts:
    """The store.

    Attributes:
        epoch: drawn when the first freshness stamp was written; None in a store that nothing has filled.
        policy: `maxmemory-policy`.
        memory: bytes used, and the most it may use; 0 for no limit.
        records: the jobs recorded, by name.
        applied: `<topic>:<partition>` -> the next offset to apply.
        ages_ms: fragment label -> how long ago all its pipeline was last seen up to date; None where it never was.
        counters: `<counter>|<topic>` -> what the materializers counted.
        damaged: published set version -> why its document cannot be read.
    """

    epoch: str | None
    policy: str
    memory: tuple[int, int]
    records: Mapping[str, JobRecord]
    applied: Mapping[str, int]
    ages_ms: Mapping[str, int | None]
    counters: Mapping[str, int]
    damaged: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """An environment at one instant.

    Attributes:
        now_ms: the instant, in milliseconds since the epoch.
        ns: the environment's name.
        parts: of the local stack; empty where none runs.
        silent: services that did not answer: their addresses, and why.
        unknown: source topics whose schema the registry does not know.
    """

    now_ms: int
    ns: str
    parts: tuple[PartFact, ...] = ()
    silent: Mapping[Service, tuple[str, str]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    flink: FlinkFacts | None = None
    kafka: KafkaFacts | None = None
    store: StoreFacts | None = None

    @property
    def records(self) -> Mapping[str, JobRecord]:
        """The jobs recorded; none where the store does not answer."""
        return {} if self.store is None else self.store.records
