"""The stack of docker-compose.yml, for integration tests where a container engine answers."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import yaml
from testcontainers.compose import DockerCompose

from millpond.control.settings import load_settings
from millpond.local import setup
from millpond.local.addresses import Addresses
from millpond.local.setup import Installation
from millpond.local.workspace import Workspace
from millpond.plan.errors import StackError

ROOT: Final = Path(__file__).parents[2]
# Never the project that somebody works with: at the end its volumes are removed.
PROJECT: Final = "millpond-tests"
END_WITHIN_S: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class ContainerAddresses(Addresses):
    """Where containers publish what they serve, and where they find each other.

    Attributes:
        flink_kafka: bootstrap servers as Flink's tasks reach them.
        flink_registry: the registry as Flink's tasks reach it.
    """

    flink_kafka: str
    flink_registry: str

    def settings(self, flink_python: Path) -> dict[str, str]:
        """The addresses under the names that millpond.toml gives them."""
        inside = {"flink_kafka": self.flink_kafka, "flink_registry": self.flink_registry}
        return super().settings(flink_python) | inside


def why_no_engine() -> str | None:
    """None where a container engine with Compose answers, else why not."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    for question in (["docker", "compose", "version"], ["docker", "info"]):
        asked = subprocess.run(question, capture_output=True, text=True, check=False)
        if asked.returncode != 0:
            return f"`{' '.join(question)}`: {(asked.stderr or asked.stdout).strip().splitlines()[0]}"
    return None


class ContainerStack:
    """docker-compose.yml; a context manager. One at a time on a machine: the ports it publishes are fixed."""

    def __init__(self, addresses: ContainerAddresses) -> None:
        self._addresses = addresses
        self._compose = DockerCompose(ROOT, build=True, wait=True)
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self._stopped: set[str] = set()

    @classmethod
    def start(cls, *, run_dir: Path) -> Self:
        """Build the images, start every service, and return when all are healthy; logs and settings go to `run_dir`.

        The project is the one that COMPOSE_PROJECT_NAME names, which must be ours: at the end its data is removed.
        """
        assert os.environ["COMPOSE_PROJECT_NAME"] == PROJECT
        stack = cls(container_addresses(run_dir, setup.ensure(Workspace.find())))
        try:
            stack._compose.start()
        except BaseException:
            stack.close()
            raise
        return stack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def addresses(self) -> Addresses:
        """Where the parts are found from this machine."""
        return self._addresses

    def check(self) -> None:
        """Raise StackError for a service or program that ended and was not told to."""
        for container in self._compose.get_containers(include_all=True):
            name = container.Service or ""
            if container.State not in ("running", "paused") and name not in self._stopped:
                raise StackError(f"is {container.State}", where=name, mend=f"see `docker compose logs {name}`")
        for name, program in self._programs.items():
            if program.poll() is not None:
                raise StackError(f"ended with {program.returncode}", where=name, mend="see its log")

    def spawn(self, name: str, argv: Sequence[str], env: dict[str, str] | None = None) -> None:
        """Start a further program of the checkout, on this machine."""
        with (self._addresses.logs / f"{name}.log").open("ab") as log:
            self._programs[name] = subprocess.Popen(
                argv, env={**os.environ, **(env or {})}, stdout=log, stderr=subprocess.STDOUT
            )

    def stop(self, name: str) -> None:
        """End a service or program in good order."""
        if (program := self._programs.pop(name, None)) is not None:
            program.terminate()
            program.wait(END_WITHIN_S)
            return
        self._stopped.add(name)
        self._run("stop", name)

    def kill(self, name: str) -> None:
        """SIGKILL a service or program; Docker starts nothing again that it was told to kill."""
        if (program := self._programs.pop(name, None)) is not None:
            program.kill()
            program.wait(END_WITHIN_S)
            return
        self._stopped.add(name)
        self._run("kill", name)

    def restart(self, name: str) -> None:
        """Start a service again, with its volume; return when it is healthy."""
        self._run("up", "--detach", "--wait", "--no-deps", name)
        self._stopped.discard(name)

    def freeze(self, name: str) -> None:
        """Pause a service: alive, holding its connections, doing nothing."""
        self._run("pause", name)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self._run("unpause", name)

    def close(self) -> None:
        """End everything, and remove its data."""
        for name in tuple(self._programs):
            self.stop(name)
        self._compose.stop()

    def _run(self, *arguments: str) -> None:
        command = [*self._compose.docker_compose_command(), *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StackError(done.stderr.strip()[-2000:], where=" ".join(command), mend="see what the engine said")


def container_addresses(run_dir: Path, made: Installation) -> ContainerAddresses:
    """What docker-compose.yml publishes, and what submits jobs to it from this checkout."""
    published = load_settings(ROOT, "compose", environ={})
    conf, logs = run_dir / "conf", run_dir / "logs"
    shutil.copytree(made.flink_home / "conf", conf)
    logs.mkdir()
    # As the client image has them, but for the cluster's own ways: names of containers mean nothing here.
    settings = yaml.safe_load((ROOT / "deploy/images/flink/config.yaml").read_text())
    settings = {name: value for name, value in settings.items() if not name.startswith("high-availability.")}
    (conf / "config.yaml").write_text(yaml.safe_dump(settings))
    return ContainerAddresses(
        kafka=published.kafka,
        registry=published.registry,
        flink=published.flink,
        store=published.store,
        flink_kafka=published.flink_kafka,
        flink_registry=published.flink_registry,
        flink_home=made.flink_home,
        flink_conf=conf,
        java_home=made.java_home,
        logs=logs,
    )
