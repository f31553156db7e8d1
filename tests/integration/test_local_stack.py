"""The real stack: what it gives, that it needs nothing of the machine, and that it leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from redis import Redis

from millpond.local import artifacts, javac
from millpond.local.ports import LOOPBACK, is_listening
from millpond.local.stack import Stack
from millpond.local.state import StackState, read_state
from millpond.local.status import local_status
from millpond.local.workspace import Workspace
from millpond.plan.errors import StackError

pytestmark = pytest.mark.usefixtures("processes")

# Generous: other tests and other builds share the machine.
READY_WITHIN_S = 240.0
GONE_WITHIN_S = 15.0
PARTS = ("valkey", "zookeeper", "kafka", "registry", "jobmanager", "taskmanager")


# The session's stack


def test_every_part_is_healthy_and_takes_memory(stack: Stack) -> None:
    # Other tests may have had programs of their own looked after: those come behind.
    parts = local_status(stack.addresses.logs.parent)[: len(PARTS)]
    assert [part.name for part in parts] == list(PARTS)
    assert {part.name: part.why_not for part in parts if not part.healthy} == {}
    assert all(part.rss_bytes > 0 and part.log.is_file() for part in parts)


def test_kafka_carries_a_record(stack: Stack, topic: str) -> None:
    bootstrap: dict[str, str | int | float | bool] = {"bootstrap.servers": stack.addresses.kafka}
    admin = AdminClient(bootstrap)
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30.0)
    producer = Producer(bootstrap)
    producer.produce(topic, b"value", timestamp=1_000)
    assert producer.flush(30.0) == 0
    consumer = Consumer(bootstrap | {"group.id": topic, "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        message = consumer.poll(30.0)
        assert message is not None
        assert (message.value(), message.timestamp()[1]) == (b"value", 1_000)
    finally:
        consumer.close()


def test_the_registry_keeps_a_schema(stack: Stack, topic: str) -> None:
    schema = Schema('{"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}', "AVRO")
    with SchemaRegistryClient({"url": stack.addresses.registry}) as client:
        number = client.register_schema(f"{topic}-value", schema)
        assert client.get_latest_version(f"{topic}-value").schema_id == number


def test_the_store_is_a_valkey_that_keeps_nothing_on_disk(stack: Stack) -> None:
    with Redis.from_url(stack.addresses.store, decode_responses=True) as store:
        assert store.info("server")["valkey_version"].startswith("9.1.")
        assert (store.config_get("save"), store.config_get("appendonly")) == ({"save": ""}, {"appendonly": "no"})


def test_every_process_is_of_the_environments_packages(stack: Stack) -> None:
    workspace = Workspace.find()
    allowed = (workspace.java_home.resolve(), Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve())
    for name in PARTS:
        program = Path(psutil.Process(stack.pid(name)).exe())
        assert any(program.is_relative_to(folder) for folder in allowed), (name, program)


def test_nothing_listens_beyond_the_loopback(stack: Stack) -> None:
    for name in PARTS:
        listening = [each for each in psutil.Process(stack.pid(name)).net_connections() if each.status == "LISTEN"]
        assert listening, name
        assert {each.laddr.ip.removeprefix("::ffff:") for each in listening} == {LOOPBACK}, name


def test_a_second_stack_in_the_same_folder_is_refused(stack: Stack) -> None:
    with pytest.raises(StackError, match="already runs here"):
        Stack.start(run_dir=stack.addresses.logs.parent)
    stack.check()


# Stacks of their own, through the command


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder the command takes for a project."""
    (tmp_path / "millpond.toml").write_text("[env.dev]\n")
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "millpond.cli.main", *arguments]


UP = command("up", "--no-materializer")


def bare_environment(folder: Path) -> dict[str, str]:
    """An environment whose PATH leads to nothing but Python: no java, mvn, redis-server or docker."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    if not (programs / "python").exists():
        (programs / "python").symlink_to(sys.executable)
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "MILLPOND_CACHE")}
    return kept | {"PATH": str(programs)}


@contextmanager
def started(project: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """`millpond up` in a project; killed at the end if it still runs."""
    with subprocess.Popen([*UP, *options], cwd=project, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def state_of(project: Path) -> StackState | None:
    return read_state(project / ".millpond" / "dev")


def wait_for(project: Path, condition: Callable[[StackState], bool]) -> StackState:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        state = state_of(project)
        if state is not None and condition(state):
            return state
        time.sleep(0.02)
    raise AssertionError("the stack did not come that far")


def everything_of(state: StackState) -> list[psutil.Process]:
    """The supervisor, its parts, and what they started."""
    supervisor = psutil.Process(state.supervisor.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def assert_gone(processes: list[psutil.Process], state: StackState, within_s: float) -> None:
    ports = [port for part in state.parts for port in part.ports]
    assert len(processes) > 2
    assert len(ports) == 11
    deadline = time.monotonic() + within_s
    while True:
        alive = [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        busy = [port for port in ports if is_listening(port)]
        if not alive and not busy:
            return
        assert time.monotonic() < deadline, (alive, busy)
        time.sleep(0.05)


def begun(state: StackState) -> bool:
    """The first process has just been started."""
    return len(state.parts) == 6


def half_ready(state: StackState) -> bool:
    """Some part is ready, another is not."""
    return {part.phase for part in state.parts} == {"starting", "ready"}


@pytest.mark.parametrize("moment", [begun, half_ready])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_while_starting_leaves_nothing(
    project: Path, moment: Callable[[StackState], bool], number: signal.Signals
) -> None:
    with started(project) as up:
        state = wait_for(project, moment)
        processes = everything_of(state)
        up.send_signal(number)
        code = up.wait(60.0)
    assert_gone(processes, state, GONE_WITHIN_S)
    if number is signal.SIGKILL:
        assert run("down", project).stderr.endswith("dev: cleaned up\n")
    else:
        assert code == 128 + number
    assert state_of(project) is None


def run(verb: str, project: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """A verb of the command that must succeed, in an environment without the machine's programs."""
    ran = subprocess.run(
        [*command(verb), *options],
        cwd=project,
        env=bare_environment(project),
        capture_output=True,
        text=True,
        timeout=READY_WITHIN_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran


def test_a_detached_stack_is_joined_by_the_second_up_and_ends_with_down(project: Path) -> None:
    first = run("up", project, "--no-materializer", "--detach")
    state = wait_for(project, lambda state: state.phase == "ready")
    assert state.addresses is not None
    processes = everything_of(state)
    try:
        assert all(part.healthy for part in local_status(project / ".millpond" / "dev"))
        second = run("up", project, "--no-materializer")
        assert "already running for" in second.stderr
        assert f"supervised by process {state.supervisor.pid}" in second.stderr
        for shown in (first.stderr, second.stderr):
            assert state.addresses.kafka in shown
            assert state.addresses.store in shown
        assert state_of(project) == state
    finally:
        assert run("down", project).stderr.endswith("dev: stopped\n")
    assert_gone(processes, state, within_s=0.5)
    assert state_of(project) is None
    assert run("down", project).stderr.endswith("dev: nothing ran\n")


def test_a_detached_stack_ends_with_the_command_that_is_killed_before_it_is_ready(project: Path) -> None:
    with started(project, "--detach") as up:
        state = wait_for(project, begun)
        assert state.supervisor.pid != up.pid
        processes = everything_of(state)
        up.kill()
    assert_gone(processes, state, GONE_WITHIN_S)


# The compiler


def compiled(source: Path, jar: Path) -> bytes:
    workspace = Workspace.find()
    (compiler,) = artifacts.paths_for("compiler", workspace.cache)
    javac.compile_jar([source], java=workspace.java, compiler=compiler, classpath=(), jar=jar)
    return jar.read_bytes()


@pytest.mark.usefixtures("stack")
def test_the_same_sources_make_the_same_jar(tmp_path: Path) -> None:
    source = tmp_path / "A.java"
    source.write_text("package p; public class A { public static int one() { return 1; } }")
    first = compiled(source, tmp_path / "a.jar")
    time.sleep(2.1)  # a zip's stamps count two seconds
    assert compiled(source, tmp_path / "b.jar") == first


@pytest.mark.usefixtures("stack")
def test_sources_that_do_not_compile_are_an_error_with_what_the_compiler_said(tmp_path: Path) -> None:
    source = tmp_path / "A.java"
    source.write_text("class A { int one() { return missing; } }")
    with pytest.raises(StackError, match="missing cannot be resolved"):
        compiled(source, tmp_path / "a.jar")
    assert not (tmp_path / "a.jar").exists()
