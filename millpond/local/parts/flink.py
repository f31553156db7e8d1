"""Flink: a session cluster of one JobManager and its TaskManagers, started without Flink's shell scripts."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from millpond.local import probes
from millpond.local.parts.flink_config import (
    FRAMEWORK_MIB,
    JVM_OPTIONS,
    FlinkPorts,
    FlinkSizes,
    settings,
    task_manager_settings,
    yaml,
)
from millpond.local.parts.part import JVM_COMMON, JVM_QUICK_START, LOG4J, Part, classpath
from millpond.local.ports import LOOPBACK

JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"


def conf_of(folder: Path) -> Path:
    """The configuration folder of a cluster whose data is in `folder`; clients take it as FLINK_CONF_DIR."""
    return folder / "conf"


def cluster(
    *, java: Path, home: Path, folder: Path, logs: Path, sizes: FlinkSizes, ports: FlinkPorts, zookeeper: str
) -> tuple[Part, ...]:
    """JobManager and TaskManagers over one configuration; `zookeeper` is its host:port."""
    rest = f"http://{LOOPBACK}:{ports.rest}"
    conf = conf_of(folder)
    files = {
        conf / "config.yaml": yaml(settings(folder=folder, logs=logs, sizes=sizes, ports=ports, zookeeper=zookeeper)),
        conf / "log4j-console.properties": LOG4J,
        # The name a Python client looks for in FLINK_CONF_DIR; what it submits is told by our own commands.
        conf / "log4j-cli.properties": LOG4J.replace("INFO", "WARN", 1),
    }
    env = {"FLINK_HOME": str(home), "FLINK_CONF_DIR": str(conf), "FLINK_PLUGINS_DIR": str(home / "plugins")}

    def command(main: str, log: Path, tmp: Path, memory: tuple[str, ...], own: Mapping[str, object]) -> tuple[str, ...]:
        # The order of config.sh: the distribution last.
        jars = sorted((home / "lib").glob("*.jar"), key=lambda jar: (jar.name.startswith("flink-dist"), jar.name))
        # log.file is what the web page shows as the log: the very file the console is written to.
        files = (f"-Dlog.file={log}", f"-Dlog4j.configurationFile={conf / 'log4j-console.properties'}")
        limits = (*memory, f"-XX:MaxMetaspaceSize={sizes.metaspace}m")
        jvm = (*limits, *JVM_COMMON, *JVM_OPTIONS, *files, f"-Djava.io.tmpdir={tmp}")
        options = tuple(f"-D{name}={value}" for name, value in own.items())
        return (str(java), *jvm, "-cp", classpath(tuple(jars)), main, "--configDir", str(conf), *options)

    def job_manager() -> Part:
        log, tmp = logs / "jobmanager.log", folder / "tmp" / "jobmanager"
        heap = (f"-Xms{sizes.job_manager_heap}m", f"-Xmx{sizes.job_manager_heap}m", *JVM_QUICK_START)
        return Part(
            name="jobmanager",
            argv=command(JOB_MANAGER, log, tmp, heap, {"io.tmp.dirs": tmp}),
            folder=tmp,
            files=files,
            env=env,
            log=log,
            address=rest,
            ports=(ports.rest, ports.job_manager_rpc, ports.blob),
            scratch=(tmp,),
            probe=partial(probes.job_manager, rest),
            relies_on="zookeeper",
        )

    def task_manager(name: str, own: tuple[int, int]) -> Part:
        log, tmp = logs / f"{name}.log", folder / "tmp" / name
        heap, direct = sizes.task_heap + FRAMEWORK_MIB, sizes.network + FRAMEWORK_MIB
        memory = (f"-Xms{heap}m", f"-Xmx{heap}m", f"-XX:MaxDirectMemorySize={direct}m", "-XX:+UseG1GC")
        return Part(
            name=name,
            argv=command(TASK_MANAGER, log, tmp, memory, task_manager_settings(tmp=tmp, ports=own)),
            folder=tmp,
            env=env,
            log=log,
            ports=own,
            scratch=(tmp,),
            probe=partial(probes.task_manager, rest, own[1]),
            relies_on="jobmanager",
        )

    names = ["taskmanager", *(f"taskmanager-{number}" for number in range(2, sizes.task_managers + 1))]
    return (job_manager(), *map(task_manager, names, ports.task_managers))
