"""What a job is told of where it runs, and what is asked before it is submitted."""

import msgspec
import pytest

from millpond.control.settings import Settings
from millpond.control.submit import source_schema_id, target_of
from millpond.plan.errors import DeployError
from tests.unit.materialize.sample import view

HERE = Settings(
    ns="dev", kafka="127.0.0.1:1", registry="http://127.0.0.1:2", flink="http://127.0.0.1:3", store="redis://"
)


def test_a_job_connects_to_what_we_connect_to() -> None:
    target = target_of(HERE, schema_id=7)
    assert (target.kafka, target.registry, target.schema_id) == ("127.0.0.1:1", "http://127.0.0.1:2", 7)


def test_a_cluster_that_knows_them_by_other_names_is_told_those() -> None:
    elsewhere = msgspec.structs.replace(HERE, flink_kafka="kafka:9092", flink_registry="http://registry:8080")
    target = target_of(elsewhere, schema_id=7)
    assert (target.kafka, target.registry) == ("kafka:9092", "http://registry:8080")


def test_a_registry_that_does_not_answer_is_said_with_its_address() -> None:
    nowhere = msgspec.structs.replace(HERE, registry="http://127.0.0.1:9/apis/ccompat/v7")
    with pytest.raises(DeployError, match="the registry does not answer") as caught:
        source_schema_id(nowhere, view().source)
    assert caught.value.where == nowhere.registry
