"""What a job is told of where it runs."""

import msgspec

from millpond.control.settings import Settings
from millpond.control.submit import target_of

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
