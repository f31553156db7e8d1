"""`millpond check --env` and a deployment against a real registry: what cannot be read is refused before it runs."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import typer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from typer.testing import CliRunner

from millpond.cli import pool
from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.status import status
from millpond.control.topics import Topic, Topics
from millpond.plan.compiled import load_compiled
from millpond.plan.errors import DeployError
from tests.integration.flink_world import register
from tests.unit.define.sample import RIGHT

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(pool.check)
app.command()(pool.compile)

SALE: Final[dict[str, Any]] = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())


@pytest.fixture
def root(settings: Settings, ns: str, tmp_path: Path) -> Path:
    """The sample pool over topics of its own, in an environment `live`."""
    folder = tmp_path / "project"
    shutil.copytree(RIGHT, folder, ignore=shutil.ignore_patterns("__pycache__", "compiled"))
    sources = folder / "features" / "shop" / "sources.py"
    sources.write_text(sources.read_text().replace('"shop.sale', f'"{ns}.sale'))
    addresses = "".join(f'{name} = "{getattr(settings, name)}"\n' for name in ("kafka", "registry", "flink", "store"))
    (folder / "millpond.toml").write_text(f"[env.live]\n{addresses}")
    assert CliRunner().invoke(app, ["compile", "--root", str(folder)]).exit_code == 0
    return folder


@pytest.fixture
def registry(settings: Settings) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": settings.registry}) as client:
        yield client


def check(root: Path, *options: str, **env: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", "--root", str(root), *options], env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def with_fields(**types: Any) -> dict[str, Any]:
    """The sales' schema with other types of some fields; None leaves one out."""
    fields = [{**field, "type": types.get(field["name"], field["type"])} for field in SALE["fields"]]
    return {**SALE, "fields": [field for field in fields if field["type"] is not None]}


def test_what_a_source_cannot_read_is_refused_by_version_and_field_until_it_is_gone(
    settings: Settings, root: Path, ns: str, registry: SchemaRegistryClient
) -> None:
    sales, history = f"{ns}.sale.v1-value", f"{ns}.sale-history.v1-value"
    code, said = check(root, "--env", "live")
    assert code == 1
    assert said.count("nothing is registered for it\n  mend: register its schema") == 2
    assert check(root)[0] == 0  # without an environment nothing is asked

    register(settings, history, SALE)
    register(settings, sales, SALE)
    register(settings, sales, with_fields(quantity="long", tags=None, rating="double"))
    assert check(root, "--env", "live")[0] == 0

    wrong = register(settings, sales, with_fields(sold_at="long", amount="string", gift=None, store_id=None))
    code, said = check(root, "--env", "live")
    assert code == 1
    at = f"source 'sales', subject {sales}, version 3 (id {wrong}), field "
    assert [line for line in said.splitlines() if line.startswith(at)] == [
        f"{at}sold_at: it is long, and the source reads a timestamp: nothing says in which unit it is written",
        f"{at}store_id: it is missing, and the source's schema gives no default",
        f"{at}amount: it is string, and the source reads decimal(10,2)",
    ]
    assert said.count("or delete version 3 if no record of the topic was written with it") == 3

    # A deployment says the same, and has begun nothing.
    for topic in (f"{ns}.sale.v1", f"{ns}.sale-history.v1"):
        Topics(settings.kafka).create([Topic(name=topic, partitions=1, config={"retention.ms": "-1"})])
    mine = msgspec.structs.replace(settings, ns=ns)
    with pytest.raises(DeployError) as refused:
        deploy(mine, load_compiled(root), start="earliest", replay=True)
    assert all(line in str(refused.value) for line in said.splitlines() if line.startswith(at))
    assert status(mine).jobs == ()
    assert not [name for name in Topics(settings.kafka).admin.list_topics().topics if f".{ns}.shop." in name]

    registry.delete_version(sales, 3)
    assert check(root, "--env", "live")[0] == 0


def test_a_schema_that_refers_to_others_is_read_with_them(
    settings: Settings, root: Path, ns: str, registry: SchemaRegistryClient
) -> None:
    register(settings, f"{ns}.sale-history.v1-value", SALE)
    (address,) = [field["type"] for field in SALE["fields"] if field["name"] == "address"]
    place = address["fields"][-1]["type"][1]
    register(settings, f"{ns}.place", {**place, "namespace": "shop"})
    by_name = {**address["fields"][-1], "type": ["null", "shop.Place"]}
    slim = {**address, "namespace": "shop", "fields": [*address["fields"][:-1], by_name]}
    to_place = SchemaReference("shop.Place", f"{ns}.place", 1)
    registry.register_schema(f"{ns}.address", Schema(json.dumps(slim), "AVRO", [to_place]))
    to_address = [SchemaReference("shop.Address", f"{ns}.address", 1), to_place]
    whole = with_fields(address="shop.Address")
    registry.register_schema(f"{ns}.sale.v1-value", Schema(json.dumps(whole), "AVRO", to_address))
    assert check(root, "--env", "live") == check(root)

    wrong = {**slim, "fields": [{"name": "city", "type": "long"}]}
    registry.register_schema(f"{ns}.address", Schema(json.dumps(wrong), "AVRO"))
    later = [SchemaReference("shop.Address", f"{ns}.address", 2)]
    registry.register_schema(f"{ns}.sale.v1-value", Schema(json.dumps(whole), "AVRO", later))
    code, said = check(root, "--env", "live")
    assert code == 1
    assert "version 2" in said
    assert "field address.city: it is long, and the source reads string" in said
    assert "field billed_to.city: it is long, and the source reads string" in said


def test_a_registry_that_does_not_answer_is_an_error_and_no_pass(root: Path) -> None:
    code, said = check(root, "--env", "live", MILLPOND_REGISTRY="http://127.0.0.1:9")
    assert code == 2
    assert said.startswith("http://127.0.0.1:9: the registry does not answer")
    code, said = check(root, "--env", "live", "--json", MILLPOND_REGISTRY="http://127.0.0.1:9")
    assert code == 2
    assert json.loads(said)["ok"] is False
