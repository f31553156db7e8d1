"""Where the parts of a running stack are found."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """What a client needs to know of a running stack.

    Attributes:
        kafka: bootstrap servers, host:port.
        registry: the Confluent-compatible API of the schema registry.
        flink: Flink's REST address.
        store: the store's redis:// address.
        flink_home: the distribution a client must use: it holds our connectors and job classes.
        flink_conf: the configuration folder of this cluster.
        java_home: the Java runtime the stack runs on.
        logs: one log file a part.
    """

    kafka: str
    registry: str
    flink: str
    store: str
    flink_home: Path
    flink_conf: Path
    java_home: Path
    logs: Path

    def settings(self, flink_python: Path) -> dict[str, str]:
        """The addresses under the names that millpond.toml gives them.

        Args:
            flink_python: the interpreter of Flink's environment, which submits jobs.
        """
        return {
            "kafka": self.kafka,
            "registry": self.registry,
            "flink": self.flink,
            "store": self.store,
            "flink_home": str(self.flink_home),
            "flink_conf": str(self.flink_conf),
            "flink_python": str(flink_python),
            "java_home": str(self.java_home),
        }
