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


class ClusterStore:
    """Primaries that share the slots out evenly, in their order; and replicas, one each of the first ones."""

    def __init__(self, folder: Path, *, primaries: int = 3, replicas: int = 0) -> None:
        ports = free_ports(2 * (primaries + replicas))
        self.servers: list[Server] = []
        try:
            for number, (port, bus) in enumerate(zip(ports[::2], ports[1::2], strict=True)):
                options = ["--cluster-enabled", "yes", "--cluster-port", str(bus), "--cluster-announce-ip", LOOPBACK]
                options += ["--cluster-node-timeout", str(NODE_TIMEOUT_MS), "--cluster-replica-validity-factor", "0"]
                self.servers.append(Server(folder / str(number), port, *options, "--repl-diskless-sync-delay", "0"))
            self._meet(ports[1::2], primaries)
        except BaseException:
            self.kill()
            raise
        self.url = "redis+cluster://" + ",".join(f"{LOOPBACK}:{server.port}" for server in self.servers[:2])
        self.client: Any = RedisCluster(
            startup_nodes=[ClusterNode(LOOPBACK, server.port) for server in self.servers], socket_timeout=10
        )

    def _meet(self, buses: Sequence[int], primaries: int) -> None:
        first = self.servers[0]
        for number, server in enumerate(self.servers[:primaries]):
            start, end = number * SLOTS // primaries, (number + 1) * SLOTS // primaries - 1
            server.say("CLUSTER ADDSLOTSRANGE", start, end)
            server.say("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for server, bus in zip(self.servers[1:], buses[1:], strict=True):
            first.say("CLUSTER MEET", LOOPBACK, server.port, bus)
        until(lambda: all(self._knows_all(server) for server in self.servers), what="the nodes do not meet")
        for number, server in enumerate(self.servers[primaries:]):
            server.say("CLUSTER REPLICATE", self.id_of(self.servers[number]))
        until(lambda: all(self._is_ok(server) for server in self.servers), what="the cluster is not ok")
        for server in self.servers[primaries:]:
            until(lambda server=server: server.client.info("replication")["master_link_status"] == "up")  # type: ignore[misc]

    def _knows_all(self, server: Server) -> bool:
        return len(server.say("CLUSTER NODES")) == len(self.servers)

    def _is_ok(self, server: Server) -> bool:
        info = server.say("CLUSTER INFO")
        return bool(info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == SLOTS)

    @staticmethod
    def id_of(server: Server) -> str:
        """The name of a node in the cluster."""
        found = server.say("CLUSTER MYID")
        return found.decode() if isinstance(found, bytes) else str(found)

    def kill(self) -> None:
        for server in self.servers:
            if server.process.poll() is None:
                server.thaw()
            server.close()
