"""What `millpond new` writes is right as it is, and nothing is written where it could not be."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from millpond.cli.app import app
from millpond.define.loader import InvalidPool, load_pool
from millpond.define.scaffold import new_set, new_source, new_view
from millpond.plan.errors import DefinitionError
from tests.unit.define.sample import RIGHT

ROOT = Path(__file__).parents[3]
TRANSFER = {
    "type": "record",
    "name": "Transfer",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "made_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "sender_id", "type": "string"},
        {"name": "bank", "type": "int"},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}},
        {"name": "device", "type": {"type": "record", "name": "Device", "fields": [{"name": "os", "type": "string"}]}},
        {"name": "count", "type": "long"},
    ],
}
SCHEMA = "schemas/payments.transfer.v1.avsc"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project with a schema and nothing else."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / SCHEMA).write_text(json.dumps(TRANSFER))
    (tmp_path / "millpond.toml").touch()
    return tmp_path


def run(root: Path, *args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*args, "--root", str(root)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_from_nothing_to_a_pool_that_passes_check(empty: Path) -> None:
    assert run(empty, "new", "source", "payments.transfers", "--schema", SCHEMA)[0] == 0
    code, said = run(
        empty, "new", "view", "payments.account_out", "--source", "transfers", "--by", "account_id=sender_id"
    )
    assert code == 0
    assert "features/payments/account_out.examples.yaml" in said
    assert "millpond compile && millpond check" in said
    assert run(empty, "new", "view", "payments.phone", "--source", "transfers", "--by", "os=device.os")[0] == 0
    view = ("new", "view", "payments.branch", "--source", "transfers", "--by", "bank", "--by", "sender_id")
    assert run(empty, *view)[0] == 0
    assert (
        run(empty, "new", "set", "payments.fraud", "--view", "payments.account_out", "--view", "payments.phone")[0] == 0
    )

    code, said = run(empty, "check")

    assert (code, said.splitlines()[-1]) == (0, "all right: 3 views, 12 features, 1 sets, 3 examples")
    pool = load_pool(empty)
    assert [(one.name, *one.keys) for one in pool.entities] == [
        ("account", "account_id"), ("os", "os"), ("bank_sender", "bank", "sender_id"),
    ]  # fmt: skip
    (source,) = pool.sources
    assert (source.topic, source.event_time, source.event_id) == ("payments.transfer.v1", "made_at", "event_id")


def test_a_second_domain_takes_what_the_pool_has(empty: Path) -> None:
    new_source(empty, "payments.transfers", schema=SCHEMA, owner="tills")
    new_view(empty, "payments.account_out", source="transfers", by=["sender_id"])
    before = (empty / "features" / "payments" / "sources.py").read_text()

    files = new_view(empty, "risk.sender_out", source="transfers", by=["sender_id"])

    assert [str(path) for path in files] == [
        "features/risk/sender_out.py", "features/risk/sender_out.examples.yaml",
    ]  # fmt: skip
    assert (empty / "features" / "payments" / "sources.py").read_text() == before
    assert run(empty, "check")[0] == 0


def test_a_definition_is_added_to_what_stands_in_the_file(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(RIGHT, root, ignore=shutil.ignore_patterns("__pycache__"))

    new_view(root, "shop.channel", source="sales", by=["channel"])

    text = (root / "features" / "shop" / "sources.py").read_text()
    assert "from millpond import Entity, EventSource" in text
    assert text.endswith('channel = Entity("channel", keys=["channel"])\n')
    assert run(root, "check")[0] == 0


def test_what_is_written_passes_the_lint_of_the_project_it_is_written_in(empty: Path) -> None:
    new_source(empty, "payments.transfers", schema=SCHEMA)
    new_view(empty, "payments.account_out", source="transfers", by=["account_id=sender_id"])
    new_set(empty, "payments.fraud", views=["payments.account_out"])
    shutil.copy(ROOT / "pyproject.toml", empty)
    (empty / "millpond").symlink_to(ROOT / "millpond")

    for verb in (["check"], ["format", "--check"]):
        lint = subprocess.run(
            [sys.executable, "-m", "ruff", *verb, "features"], cwd=empty, capture_output=True, text=True, check=False
        )
        assert lint.returncode == 0, lint.stdout


def files_of(root: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (lambda root: new_source(root, "transfers", schema=SCHEMA), "says no domain"),
        (lambda root: new_source(root, "Payments.x", schema=SCHEMA), "the domain 'Payments' is not a name"),
        (lambda root: new_source(root, "payments.other", schema="schemas/none.avsc"), "no such schema file"),
        (lambda root: new_source(root, "payments.transfers", schema=SCHEMA), "a source 'transfers' already"),
        (lambda root: new_view(root, "payments.x", source="transfer", by=["sender_id"]), "no source 'transfer'"),
        (lambda root: new_view(root, "payments.x", source="transfers", by=["sendr_id"]), "no field 'sendr_id'"),
        (lambda root: new_view(root, "payments.x", source="transfers", by=["amount"]), "a key of type decimal"),
        (lambda root: new_view(root, "payments.seen", source="transfers", by=["bank"]), "such a file already"),
        (lambda root: new_set(root, "payments.x", views=["payments.sen"]), "no view 'payments.sen'"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(empty: Path, what: object, said: str) -> None:
    new_source(empty, "payments.transfers", schema=SCHEMA)
    new_view(empty, "payments.seen", source="transfers", by=["sender_id"])
    before = files_of(empty)

    with pytest.raises((DefinitionError, InvalidPool), match=said):
        what(empty)  # type: ignore[operator]

    assert files_of(empty) == before


def test_which_timestamp_is_the_events_is_asked_where_it_is_not_clear(empty: Path) -> None:
    fields = [*TRANSFER["fields"], {"name": "seen_at", "type": TRANSFER["fields"][1]["type"]}]  # type: ignore[index]
    (empty / SCHEMA).write_text(json.dumps(TRANSFER | {"fields": fields}))

    with pytest.raises(DefinitionError, match="it has 2 timestamps") as asked:
        new_source(empty, "payments.transfers", schema=SCHEMA)
    assert asked.value.mend == "name it: --event-time made_at"
    new_source(empty, "payments.transfers", schema=SCHEMA, event_time="seen_at")
