"""ZooKeeper: where the JobManager keeps which jobs run and from which checkpoint each goes on."""

from functools import partial
from pathlib import Path

from millpond.local import probes
from millpond.local.parts.part import JVM_COMMON, JVM_QUICK_START, LOG4J, Part, classpath
from millpond.local.ports import LOOPBACK

# Flink's own distribution holds a ZooKeeper, shaded: nothing more to fetch, and the version its client was made for.
MAIN = "org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.ZooKeeperServerMain"
JARS = ("flink-dist-*.jar", "log4j-api-*.jar", "log4j-core-*.jar", "log4j-slf4j-impl-*.jar")
TICK_MS = 1_000
# KiB set aside for each transaction log, instead of 64 MiB.
LOG_KIB = 4_096


def zookeeper(*, java: Path, home: Path, folder: Path, logs: Path, heap_mib: int, port: int) -> Part:
    """One server, its data in `folder`; `home` is a Flink distribution."""
    address = f"{LOOPBACK}:{port}"
    config, log4j = folder / "zoo.cfg", folder / "log4j.properties"
    jars = tuple(sorted(jar for pattern in JARS for jar in (home / "lib").glob(pattern)))
    options = (
        f"-Dlog4j.configurationFile={log4j}",
        f"-Djava.io.tmpdir={folder}",
        f"-Dzookeeper.preAllocSize={LOG_KIB}",
        # A process that is killed loses nothing the kernel has; a slow disk would delay Flink's heartbeats instead.
        "-Dzookeeper.forceSync=no",
    )
    jvm = (str(java), f"-Xms{heap_mib // 4}m", f"-Xmx{heap_mib}m", *JVM_QUICK_START, *JVM_COMMON, *options)
    return Part(
        name="zookeeper",
        argv=(*jvm, "-cp", classpath(jars), MAIN, str(config)),
        folder=folder,
        files={config: _config(folder / "data", port), log4j: LOG4J.replace("INFO", "WARN", 1)},
        log=logs / "zookeeper.log",
        address=address,
        ports=(port,),
        probe=partial(probes.zookeeper, address),
    )


def _config(data: Path, port: int) -> str:
    settings = {
        "tickTime": TICK_MS,
        "dataDir": data,
        "clientPort": port,
        "clientPortAddress": LOOPBACK,
        # Its page for administrators would listen on every interface.
        "admin.enableServer": "false",
        # By address, and everybody here has the same.
        "maxClientCnxns": 0,
        "autopurge.purgeInterval": 1,
        "4lw.commands.whitelist": "srvr",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
