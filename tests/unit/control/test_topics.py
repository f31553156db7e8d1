"""The topics of a job: compaction and retention as the design gives them."""

from millpond.control.topics import job_topics
from millpond.plan.deployment import fragments_of
from millpond.plan.windows import DAY, HOUR
from tests.unit.serve.sample import view


def test_every_fragment_has_a_topic_that_keeps_what_its_windows_reach() -> None:
    plan = view()
    views = dict.fromkeys(fragments_of(plan, 1), plan)
    topics = {
        topic.name: topic for topic in job_topics("dev", "shop.sales.00", views, partitions=6, dead_letter_days=30)
    }
    tiles = topics["millpond.dev.shop.card.v1.tiles-short.g1"]
    assert tiles.partitions == 6
    assert tiles.config["cleanup.policy"] == "compact,delete"
    # window 1 h delayed by 2 h, lateness 1 h, and seven days
    assert int(tiles.config["retention.ms"]) == 3 * HOUR + HOUR + 7 * DAY
    lifetime = topics["millpond.dev.shop.card.v1.lifetime.g1"]
    assert lifetime.config["cleanup.policy"] == "compact"
    assert "retention.ms" not in lifetime.config
    assert topics["millpond.dev.shop.sales.00.dlq"].config == {
        "cleanup.policy": "delete",
        "retention.ms": str(30 * DAY),
    }
    assert len(topics) == 3
