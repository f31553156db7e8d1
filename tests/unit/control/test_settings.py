"""Where an environment's parts are: file, overrides, local stack, and what is said when nothing is known."""

from pathlib import Path

import pytest

from millpond.control.settings import find_root, load_settings
from millpond.plan.errors import DefinitionError

STACK = {
    "kafka": "127.0.0.1:1",
    "registry": "http://127.0.0.1:2",
    "flink": "http://127.0.0.1:3",
    "store": "redis://127.0.0.1:4",
}
FULL = """
[env.prod]
kafka = "broker:9092"
registry = "http://registry"
flink = "http://flink"
store = "redis://store"
partitions = 12
"""


def project(folder: Path, text: str) -> Path:
    (folder / "millpond.toml").write_text(text)
    return folder


def test_an_environment_that_names_no_address_takes_the_local_stack(tmp_path: Path) -> None:
    settings = load_settings(project(tmp_path, "[env.dev]\n"), "dev", stack=lambda: STACK, environ={})
    assert (settings.ns, settings.kafka, settings.store) == ("dev", "127.0.0.1:1", "redis://127.0.0.1:4")


def test_the_file_wins_over_the_local_stack_and_the_environment_over_the_file(tmp_path: Path) -> None:
    root = project(tmp_path, FULL)
    settings = load_settings(
        root, "prod", stack=lambda: STACK, environ={"MILLPOND_STORE": "redis://other", "MILLPOND_PARTITIONS": "6"}
    )
    assert settings.kafka == "broker:9092"
    assert settings.store == "redis://other"
    assert settings.partitions == 6


def test_an_environment_that_names_its_addresses_needs_no_local_stack(tmp_path: Path) -> None:
    def nowhere() -> dict[str, str]:
        raise AssertionError("asked")

    assert load_settings(project(tmp_path, FULL), "prod", stack=nowhere, environ={}).flink == "http://flink"


@pytest.mark.parametrize(
    ("text", "env", "words"),
    [
        (FULL, "prd", "did you mean 'prod'"),
        ('[env.prod]\nkafak = "x"\n', "prod", "did you mean 'kafka'"),
        ("[env.prod]\n", "prod", "millpond up"),
        ('[env.prod]\nkafka = "x"\n', "prod", "MILLPOND_REGISTRY"),
        ("[env.prod\n", "prod", "write it as TOML"),
        (FULL + 'ns = "Prod"\n', "prod", "lower-case"),
        (FULL.replace("12", '"many"'), "prod", "partitions"),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(tmp_path: Path, text: str, env: str, words: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        load_settings(project(tmp_path, text), env, environ={})
    assert words in str(raised.value)
    assert "millpond.toml" in str(raised.value)


def test_the_root_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    inner = project(tmp_path, "") / "features" / "retail"
    inner.mkdir(parents=True)
    assert find_root(inner) == tmp_path
