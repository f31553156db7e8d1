"""Flink: a session cluster of one JobManager and one TaskManager, started without Flink's shell scripts."""

from functools import partial
from pathlib import Path

from millpond.local import probes
from millpond.local.parts.flink_config import FRAMEWORK_MIB, JVM_OPTIONS, LOG4J, FlinkPorts, FlinkSizes, settings, yaml
from millpond.local.parts.part import JVM_COMMON, JVM_QUICK_START, Part, classpath
from millpond.local.ports import LOOPBACK

JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"


def conf_of(folder: Path) -> Path:
    """The configuration folder of a cluster whose data is in `folder`; clients take it as FLINK_CONF_DIR."""
    return folder / "conf"


def cluster(
    *, java: Path, home: Path, folder: Path, logs: Path, sizes: FlinkSizes, ports: FlinkPorts
) -> tuple[Part, Part]:
    """JobManager and TaskManager over one configuration."""
    rest = f"http://{LOOPBACK}:{ports.rest}"
    conf = conf_of(folder)
    files = {
        conf / "config.yaml": yaml(settings(folder=folder, logs=logs, sizes=sizes, ports=ports)),
        conf / "log4j-console.properties": LOG4J,
        # The name a Python client looks for in FLINK_CONF_DIR; what it submits is told by our own commands.
        conf / "log4j-cli.properties": LOG4J.replace("INFO", "WARN", 1),
    }
    env = {"FLINK_HOME": str(home), "FLINK_CONF_DIR": str(conf), "FLINK_PLUGINS_DIR": str(home / "plugins")}
    heap, direct = sizes.task_heap + FRAMEWORK_MIB, sizes.network + FRAMEWORK_MIB

    def command(main: str, log: Path, *memory: str) -> tuple[str, ...]:
        # The order of config.sh: the distribution last.
        jars = sorted((home / "lib").glob("*.jar"), key=lambda jar: (jar.name.startswith("flink-dist"), jar.name))
        # log.file is what the web page shows as the log: the very file the console is written to.
        files = (f"-Dlog.file={log}", f"-Dlog4j.configurationFile={conf / 'log4j-console.properties'}")
        tmp = f"-Djava.io.tmpdir={folder / 'tmp'}"
        jvm = (*memory, f"-XX:MaxMetaspaceSize={sizes.metaspace}m", *JVM_COMMON, *JVM_OPTIONS, *files, tmp)
        return (str(java), *jvm, "-cp", classpath(tuple(jars)), main, "--configDir", str(conf))

    job_manager_log, task_manager_log = logs / "jobmanager.log", logs / "taskmanager.log"
    job_manager_memory = (f"-Xms{sizes.job_manager_heap}m", f"-Xmx{sizes.job_manager_heap}m", *JVM_QUICK_START)
    task_manager_memory = (f"-Xms{heap}m", f"-Xmx{heap}m", f"-XX:MaxDirectMemorySize={direct}m", "-XX:+UseG1GC")
    return (
        Part(
            name="jobmanager",
            argv=command(JOB_MANAGER, job_manager_log, *job_manager_memory),
            folder=folder / "tmp",
            files=files,
            env=env,
            log=job_manager_log,
            address=rest,
            ports=(ports.rest, ports.job_manager_rpc, ports.blob),
            probe=partial(probes.job_manager, rest),
        ),
        Part(
            name="taskmanager",
            argv=command(TASK_MANAGER, task_manager_log, *task_manager_memory),
            folder=folder / "tmp",
            files=files,
            env=env,
            log=task_manager_log,
            ports=(ports.task_manager_rpc, ports.data),
            probe=partial(probes.task_manager, rest),
        ),
    )
