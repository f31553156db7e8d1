"""One real stack for all integration tests, and names that no two tests share."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import msgspec
import pytest

from millpond.control.cluster import FlinkCluster
from millpond.control.settings import Settings
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from tests.integration.containers import PROJECT, ContainerStack, why_no_engine
from tests.integration.stacks import AnyStack
from tests.integration.store_alone import StoreAlone

HERE = Path(__file__).parent
# `processes` by default; `containers` where Docker Compose answers; `store` for tests of the store alone.
CHOICE = "MILLPOND_TEST_STACK"

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder; the hook is handed all tests there are."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)


def _containers(run_dir: Path) -> ContainerStack:
    if (reason := why_no_engine()) is not None:
        pytest.exit(f"{CHOICE}=containers, and no container engine answers: {reason}", returncode=3)
    return ContainerStack.start(run_dir=run_dir)


BACKENDS: Final[dict[str, Callable[[Path], AbstractContextManager[AnyStack]]]] = {
    "processes": lambda run_dir: Stack.start(run_dir=run_dir),
    "containers": _containers,
    "store": StoreAlone.start,
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyStack]:
    """Kafka, registry, Flink and store as local processes, or as containers; stopped at the end, whatever happened."""
    backend = BACKENDS[os.environ.get(CHOICE, "processes")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPOSE_PROJECT_NAME", PROJECT)
        with backend(tmp_path_factory.mktemp("stack")) as started:
            yield started


@pytest.fixture(scope="session")
def processes(stack: AnyStack) -> Stack:
    """The stack, for tests about its processes."""
    if not isinstance(stack, Stack):
        pytest.skip(f"about local processes, and {CHOICE} asks for others")
    return stack


@pytest.fixture(autouse=True)
def _parts_live_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """A part that dies fails the test it dies in, with the end of its log, not a later one."""
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").check()


@pytest.fixture
def ns() -> str:
    """A namespace of the test's own: it begins every topic and key."""
    return f"test_{next(_numbers)}"


@pytest.fixture
def topic() -> str:
    """A Kafka topic name of the test's own."""
    return f"tests.topic-{next(_numbers)}"


@pytest.fixture(scope="module")
def settings(stack: AnyStack) -> Iterator[Settings]:
    """An environment of the test file's own on the stack; jobs deployed meanwhile are cancelled at its end."""
    addresses = stack.addresses
    cluster = FlinkCluster(addresses.flink)
    before = cluster.jobs().keys()
    found = addresses.settings(Workspace.find().flink_python)
    yield msgspec.convert({"ns": f"test_{next(_numbers)}", **found}, Settings)
    # Slots are few: the next file's jobs start only when these have left.
    cluster.end(cluster.jobs().keys() - before)
