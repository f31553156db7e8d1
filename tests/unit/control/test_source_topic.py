"""A topic for a history. What the registry says: tests/integration/test_simulate.py."""

from pathlib import Path

import pytest

from millpond.control.settings import Settings
from millpond.control.source_topic import history_topic, register_schema
from millpond.plan.errors import MillpondError

NOWHERE = Settings(ns="n", kafka="", registry="http://127.0.0.1:1", flink="", store="")


def test_records_keep_their_stamps_for_ever_and_none_is_far_ahead() -> None:
    topic = history_topic("shop.sale.v1")
    assert topic.config == {
        "message.timestamp.type": "CreateTime",
        "retention.ms": "-1",
        "message.timestamp.after.max.ms": "60000",
    }
    assert history_topic("shop.sale.v1", skew_ms=5).config["message.timestamp.after.max.ms"] == "5"


def test_a_schema_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MillpondError, match=r"sale\.avsc: it cannot be read[\s\S]*put the schema"):
        register_schema(NOWHERE, "shop.sale.v1", tmp_path / "sale.avsc")


def test_a_registry_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "sale.avsc").write_text('"string"')
    with pytest.raises(MillpondError, match=r"the registry does not answer[\s\S]*check the address"):
        register_schema(NOWHERE, "shop.sale.v1", tmp_path / "sale.avsc")
