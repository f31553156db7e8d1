"""Which parts a stack has, where each is found, and what each may take."""

from dataclasses import dataclass, field
from pathlib import Path

from millpond.local.addresses import Addresses
from millpond.local.parts.flink import cluster, conf_of
from millpond.local.parts.flink_config import FlinkPorts, FlinkSizes
from millpond.local.parts.kafka import broker
from millpond.local.parts.part import Part
from millpond.local.parts.registry import registry
from millpond.local.parts.valkey import valkey
from millpond.local.parts.zookeeper import zookeeper
from millpond.local.ports import free_ports
from millpond.local.setup import Installation

DATA_FOLDERS = ("kafka", "registry", "zookeeper", "flink", "valkey")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Java heaps in MiB; all parts together stay below 6 GiB."""

    kafka_heap: int = 768
    registry_heap: int = 384
    zookeeper_heap: int = 128
    flink: FlinkSizes = field(default_factory=FlinkSizes)


@dataclass(frozen=True, kw_only=True)
class Extra:
    """A further program the stack looks after, such as the materializer; it inherits our environment.

    Attributes:
        name: unique among the parts; also the name of its log file.
        argv: the command, program path first.
        env: added to our environment.
        grace_s: how long it may take to end after SIGTERM, in seconds.
    """

    name: str
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    grace_s: float = 10.0

    def part(self, logs: Path) -> Part:
        """The part it is in a stack."""
        return Part(
            name=self.name,
            argv=self.argv,
            env=self.env,
            inherit_all=True,
            folder=Path.cwd(),
            log=logs / f"{self.name}.log",
            grace_s=self.grace_s,
        )


def design(made: Installation, *, run_dir: Path, logs: Path, sizes: Sizes) -> tuple[Addresses, tuple[Part, ...]]:
    """Choose free ports and describe every part, in the order of starting."""
    single, per_task_manager = 9, 2
    ports = free_ports(single + per_task_manager * sizes.flink.task_managers)
    kafka_port, controller_port, registry_port, management_port, store_port, quorum_port, *flink_ports = ports[:single]
    rest, rpc, blob = flink_ports
    own = ports[single:]
    kafka = broker(
        java=made.java,
        jars=made.kafka,
        folder=run_dir / "kafka",
        logs=logs,
        heap_mib=sizes.kafka_heap,
        ports=(kafka_port, controller_port),
    )
    schemas = registry(
        java=made.java,
        home=made.registry,
        folder=run_dir / "registry",
        logs=logs,
        heap_mib=sizes.registry_heap,
        ports=(registry_port, management_port),
    )
    store = valkey(folder=run_dir / "valkey", logs=logs, port=store_port)
    quorum = zookeeper(
        java=made.java,
        home=made.flink_home,
        folder=run_dir / "zookeeper",
        logs=logs,
        heap_mib=sizes.zookeeper_heap,
        port=quorum_port,
    )
    flink = cluster(
        java=made.java,
        home=made.flink_home,
        folder=run_dir / "flink",
        logs=logs,
        sizes=sizes.flink,
        ports=FlinkPorts(
            rest=rest,
            job_manager_rpc=rpc,
            blob=blob,
            task_managers=tuple(zip(own[::per_task_manager], own[1::per_task_manager], strict=True)),
        ),
        zookeeper=quorum.address,
    )
    addresses = Addresses(
        kafka=kafka.address,
        registry=schemas.address,
        flink=flink[0].address,
        store=store.address,
        flink_home=made.flink_home,
        flink_conf=conf_of(run_dir / "flink"),
        java_home=made.java_home,
        logs=logs,
    )
    return addresses, (store, quorum, kafka, schemas, *flink)
