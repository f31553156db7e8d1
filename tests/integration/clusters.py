"""A real cluster, and a primary with Sentinels: Valkey processes of the test's own, which may be killed and moved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from redis.cluster import ClusterNode, RedisCluster

from millpond.local.parts.valkey import valkey
from millpond.local.ports import LOOPBACK, free_ports
from millpond.store.shards import SLOTS
from tests.integration.servers import Server, until

NODE_TIMEOUT_MS: Final = 1_000


class Sentinel(Server):
    """One that watches over a primary, and takes half a second of its silence for its end."""

    def __init__(self, folder: Path, port: int, name: str, primary: int) -> None:
        folder.mkdir(parents=True)
        part = valkey(folder=folder, logs=folder, port=port)
        written = folder / "sentinel.conf"
        written.write_text(
            f"port {port}\nbind {LOOPBACK}\ndir {folder}\nsentinel monitor {name} {LOOPBACK} {primary} 2\n"
            f"sentinel down-after-milliseconds {name} 500\nsentinel failover-timeout {name} 3000\n"
        )
        self._name = name
        self._run(part, folder, (part.argv[0], str(written), "--sentinel"))

    def sees(self, *, others: int, replicas: int) -> bool:
        """Whether it knows so many."""
        found = self.client.sentinel_master(self._name)
        return bool(found["num-other-sentinels"] == others and found["num-slaves"] == replicas)


def options_of(bus: int) -> tuple[str, ...]:
    """What makes a Valkey a node of a cluster, whose nodes talk at this port."""
    return (
        *("--cluster-enabled", "yes", "--cluster-port", str(bus), "--cluster-announce-ip", LOOPBACK),
        *("--cluster-node-timeout", str(NODE_TIMEOUT_MS), "--cluster-replica-validity-factor", "0"),
        *("--repl-diskless-sync-delay", "0"),
    )


def meet(nodes: Sequence[Any], buses: Sequence[int], *, primaries: int) -> None:
    """Make a cluster of empty nodes: the first share the slots out, each of the others is a replica of one of them.

    Args:
        nodes: a client of each.
        buses: the ports at which they talk.
    """
    for number, node in enumerate(nodes[:primaries]):
        start, end = number * SLOTS // primaries, (number + 1) * SLOTS // primaries - 1
        node.execute_command("CLUSTER ADDSLOTSRANGE", start, end)
        node.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
    for node, bus in zip(nodes[1:], buses[1:], strict=True):
        nodes[0].execute_command("CLUSTER MEET", LOOPBACK, node.get_connection_kwargs()["port"], bus)
    until(
        lambda: all(len(node.execute_command("CLUSTER NODES")) == len(nodes) for node in nodes),
        what="the nodes do not meet",
    )
    for number, node in enumerate(nodes[primaries:]):
        node.execute_command("CLUSTER REPLICATE", id_of(nodes[number]))
    until(lambda: all(map(_is_ok, nodes)), what="the cluster is not ok")
    for node in nodes[primaries:]:
        until(lambda node=node: node.info("replication")["master_link_status"] == "up")  # type: ignore[misc]


def _is_ok(node: Any) -> bool:
    info = node.execute_command("CLUSTER INFO")
    return bool(info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == SLOTS)


def id_of(node: Any) -> str:
    """The name of a node in its cluster."""
    found = node.execute_command("CLUSTER MYID")
    return found.decode() if isinstance(found, bytes) else str(found)


class ClusterStore:
    """Primaries that share the slots out evenly, in their order; and replicas, one each of the first ones."""

    def __init__(self, folder: Path, *, primaries: int = 3, replicas: int = 0) -> None:
        ports = free_ports(2 * (primaries + replicas))
        self.servers: list[Server] = []
        try:
            for number, (port, bus) in enumerate(zip(ports[::2], ports[1::2], strict=True)):
                self.servers.append(Server(folder / str(number), port, *options_of(bus)))
            meet([server.client for server in self.servers], ports[1::2], primaries=primaries)
        except BaseException:
            self.kill()
            raise
        self.url = "redis+cluster://" + ",".join(f"{LOOPBACK}:{server.port}" for server in self.servers[:2])
        self.client: Any = RedisCluster(
            startup_nodes=[ClusterNode(LOOPBACK, server.port) for server in self.servers], socket_timeout=10
        )

    @staticmethod
    def id_of(server: Server) -> str:
        """The name of a node in the cluster."""
        return id_of(server.client)

    def kill(self) -> None:
        for server in self.servers:
            if server.process.poll() is None:
                server.thaw()
            server.close()
