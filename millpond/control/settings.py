"""Where the parts of an environment are: millpond.toml, `MILLPOND_*` over it, else the local stack.

    [env.dev]
    kafka = "broker:9092"
    registry = "http://registry:8080/apis/ccompat/v7"
    flink = "http://jobmanager:8081"
    store = "redis://store:6379"

`MILLPOND_KAFKA`, `MILLPOND_REGISTRY`, … override one setting each. An environment that names no address takes them all
from the local stack that `millpond up` started.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name, did_you_mean

FILE: Final = "millpond.toml"
ADDRESSES: Final = ("kafka", "registry", "flink", "store")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One environment.

    Args:
        ns: its name; it begins every topic and key.
        kafka: bootstrap servers.
        registry: the schema registry's Confluent-compatible API.
        flink: the cluster's REST address.
        store: the address of one node, of a cluster or of Sentinels: see docs/reading.md.
        partitions: of each tile topic.
        parallelism: of each job.
        dead_letter_days: how long dead letters are kept.
        flink_kafka: bootstrap servers as Flink's tasks reach them; `kafka` where empty.
        flink_registry: the registry as Flink's tasks reach it; `registry` where empty.
        flink_home: a Flink distribution with Millpond's jars in lib/, for submitting jobs.
        flink_conf: the folder of its configuration; its own conf/ where empty.
        flink_python: the interpreter of the environment that has apache-flink.
        java_home: the Java runtime of the submitting client.
    """

    ns: str
    kafka: str
    registry: str
    flink: str
    store: str
    partitions: int = 4
    parallelism: int = 1
    dead_letter_days: int = 30
    flink_kafka: str = ""
    flink_registry: str = ""
    flink_home: str = ""
    flink_conf: str = ""
    flink_python: str = ""
    java_home: str = ""


def find_root(start: Path | None = None) -> Path:
    """The project's folder: the nearest one upwards that holds millpond.toml.

    Raises:
        DefinitionError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    raise DefinitionError(f"no {FILE} here or above", where=str(here), mend="run this inside a Millpond project")


def load_settings(
    root: Path,
    env: str,
    *,
    stack: Callable[[], Mapping[str, str]] = dict,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings of one environment.

    Args:
        root: the project's folder.
        env: its name in millpond.toml.
        stack: gives the addresses of a running local stack; asked only when the environment names none itself.
        environ: the process environment, for `MILLPOND_*`.

    Raises:
        DefinitionError: an unknown environment or setting, or an address that nothing gives.
    """
    path = root / FILE
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as cause:
        raise DefinitionError(str(cause), where=FILE, mend="write it as TOML") from cause
    environments = document.get("env", {})
    if env not in environments:
        raise DefinitionError(f"there is no [env.{env}]", where=FILE, mend=did_you_mean(env, environments))
    known = set(Settings.__struct_fields__)
    written: dict[str, Any] = dict(environments[env])
    for name in written:
        if name not in known:
            raise DefinitionError(
                f"there is no setting {name!r}", where=f"{FILE} [env.{env}]", mend=did_you_mean(name, known)
            )
    written.setdefault("ns", env)
    environ = os.environ if environ is None else environ
    written |= {name: environ[key] for name in known if (key := f"MILLPOND_{name.upper()}") in environ}
    if not any(name in written for name in ADDRESSES):
        written |= stack()
    for name in ADDRESSES:
        if name not in written:
            raise DefinitionError(
                f"nothing says where {name} is",
                where=f"{FILE} [env.{env}]",
                mend=f"start the local stack with `millpond up`, or set {name} there or MILLPOND_{name.upper()}",
            )
    try:
        check_name(written["ns"], "ns")
        return msgspec.convert(written, Settings, strict=False)
    except DefinitionError as error:
        raise error.at(f"{FILE} [env.{env}]")  # noqa: B904  the same error, with its place
    except msgspec.ValidationError as cause:
        raise DefinitionError(str(cause), where=f"{FILE} [env.{env}]", mend="write a value of that type") from cause
