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

    def flink_client_environment(self) -> dict[str, str]:
        """The environment variables a PyFlink program needs to submit to this cluster."""
        return {
            "FLINK_HOME": str(self.flink_home),
            "FLINK_CONF_DIR": str(self.flink_conf),
            "FLINK_LOG_DIR": str(self.logs),
            "JAVA_HOME": str(self.java_home),
        }
