"""The doctor's rules on environments written down by hand: one thing broken at a time."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from millpond.control.doctor import REASONS, Finding, diagnose
from millpond.control.facts import Facts, FlinkFacts, FlinkJob, KafkaFacts, PartFact, StoreFacts, TopicFact
from millpond.plan.deployment import Backfill
from tests.unit.sql.jobs import job, view

ROOT: Final = Path(__file__).parents[3]
NOW: Final = 1_000_000_000
RECORD: Final = msgspec.structs.replace(job(view()), flink_job_id="f1")
FRAGMENTS: Final = [fragment.label for fragment in RECORD.fragments]
TILES: Final = RECORD.fragments[0].topic("test")
LETTERS: Final = "millpond.test.shop.payments.0123abcd.dlq"
BACKFILL: Final = Backfill(start_offsets=(0, 0), bound_offsets=(9, 9), flink_job_id="b1", state="running")
WELL: Final = Facts(
    now_ms=NOW,
    ns="test",
    parts=(PartFact(name="kafka", why_not="", restarts=0, last_death="", last_death_ms=None, log="kafka.log"),),
    flink=FlinkFacts(
        task_managers=1,
        slots=8,
        slots_free=7,
        jobs={
            "f1": FlinkJob(
                name=RECORD.name,
                state="RUNNING",
                running_since_ms=NOW - 600_000,
                restarts=0,
                checkpoint_ms=NOW - 3_000,
            )
        },
    ),
    kafka=KafkaFacts(
        topics={
            RECORD.source.topic: TopicFact(ends=(100, 112)),
            TILES: TopicFact(ends=(40, 2)),
            LETTERS: TopicFact(ends=(0,)),
        },
        materializers=1,
    ),
    store=StoreFacts(
        epoch="e1",
        policy="noeviction",
        memory=(5 << 20, 0),
        records={RECORD.name: RECORD},
        applied={f"{TILES}:0": 40, f"{TILES}:1": 2},
        ages_ms=dict.fromkeys(FRAGMENTS, 1_000),
        counters={f"greater_first|{TILES}": 17},
        damaged={},
    ),
)


def changed(room: str, facts: Facts = WELL, **changes: Any) -> Facts:
    """An environment with something else in one of its rooms."""
    return replace(facts, **{room: replace(getattr(facts, room), **changes)})


def flink_job(facts: Facts = WELL, **changes: Any) -> Facts:
    assert facts.flink is not None
    return changed("flink", facts, jobs={"f1": replace(facts.flink.jobs["f1"], **changes)})


def part(**changes: Any) -> Facts:
    return replace(WELL, parts=(replace(WELL.parts[0], **changes),))


def told(after: Facts, before: Facts = WELL) -> list[tuple[str, str]]:
    return [(finding.level, finding.where) for finding in diagnose(before, after)]


def only(after: Facts, before: Facts = WELL) -> Finding:
    (finding,) = diagnose(before, after)
    return finding


def test_nothing_is_found_where_all_is_well() -> None:
    assert diagnose(WELL, WELL) == []


def test_every_finding_is_one_line_with_a_mend() -> None:
    broken = replace(part(why_not="dead"), flink=None, silent={"flink": ("http://f", "refused")})
    for finding in diagnose(WELL, broken):
        assert finding.mend
        assert "\n" not in finding.what + finding.where + finding.mend


# Parts, services, the store's memory


def test_a_part_that_does_not_serve_is_named_with_its_log() -> None:
    finding = only(part(why_not="does not run"))
    assert (finding.where, finding.what) == ("kafka", "does not run")
    assert "kafka.log" in finding.mend


def test_a_part_that_dies_again_and_again_is_a_loop_although_it_serves_now() -> None:
    looping = part(restarts=3, last_death="ended with exit code 1", last_death_ms=NOW - 20_000)
    assert "3 times; last: ended with exit code 1" in only(looping).what


@pytest.mark.parametrize(("restarts", "ago_ms"), [(2, 20_000), (3, 300_000)])
def test_few_or_old_deaths_are_no_loop(restarts: int, ago_ms: int) -> None:
    assert diagnose(WELL, part(restarts=restarts, last_death="x", last_death_ms=NOW - ago_ms)) == []


@pytest.mark.parametrize("service", ["kafka", "registry", "flink", "store"])
def test_a_service_that_does_not_answer_is_the_one_thing_said(service: Any) -> None:
    silent = replace(WELL, silent={service: ("host:1", "timed out")})
    gone = silent if service == "registry" else replace(silent, **dict[str, Any]({service: None}))
    finding = only(gone)
    assert (finding.level, finding.where) == ("wrong", f"{service} (host:1)")
    assert "timed out" in finding.what


def test_a_store_that_evicts_is_wrong_even_while_it_has_room() -> None:
    finding = only(changed("store", policy="allkeys-lru"))
    assert "allkeys-lru" in finding.what
    assert "noeviction" in finding.mend


def test_a_store_that_is_nearly_full_is_wrong() -> None:
    assert told(changed("store", memory=(91, 100))) == [("wrong", "store")]
    assert told(changed("store", memory=(90, 100))) == []


def test_a_store_without_an_epoch_is_filled_by_nobody() -> None:
    assert "nothing fills it" in only(changed("store", epoch=None)).what


def test_another_epoch_is_a_note_for_it_mends_itself() -> None:
    assert told(changed("store", epoch="e2")) == [("note", "store")]


# Topics and schemas


@pytest.mark.parametrize(
    ("name", "mend"),
    [(TILES, "rebuild"), (RECORD.source.topic, "owner"), ("millpond.test.control", "Job records lost")],
)
def test_a_topic_that_is_not_there_is_named_with_the_mend_of_its_kind(name: str, mend: str) -> None:
    assert WELL.kafka is not None
    finding = only(changed("kafka", topics={**WELL.kafka.topics, name: TopicFact(ends=())}))
    assert (finding.level, finding.where, finding.what) == ("wrong", f"topic {name}", "does not exist")
    assert mend in finding.mend


def test_a_setting_that_differs_is_told_with_both_values() -> None:
    assert WELL.kafka is not None
    wrong = TopicFact(ends=(40, 2), wrong={"cleanup.policy": ("delete", "compact")})
    finding = only(changed("kafka", topics={**WELL.kafka.topics, TILES: wrong}))
    assert finding.what == "has cleanup.policy=delete, but needs compact"


def test_a_source_whose_schema_the_registry_lost_is_named() -> None:
    finding = only(replace(WELL, unknown=frozenset({"shop.payment.v1"})))
    assert (finding.where, finding.what) == (
        "schema of shop.payment.v1",
        "the registry has no subject shop.payment.v1-value",
    )


# Jobs


def test_a_cluster_without_task_managers_is_wrong_and_one_without_slots_a_note() -> None:
    assert told(changed("flink", task_managers=0, slots=0, slots_free=0)) == [("wrong", "flink")]
    assert told(changed("flink", slots_free=0)) == [("note", "flink")]


def test_a_recorded_job_that_flink_does_not_know_is_mended_by_resume_or_rebuild() -> None:
    finding = only(changed("flink", jobs={}))
    assert "Flink does not know" in finding.what
    assert "--resume" in finding.mend and "--rebuild shop.account.v3" in finding.mend


@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "FINISHED"])
def test_a_job_that_ended_is_told_with_its_cause(state: str) -> None:
    finding = only(flink_job(state=state, running_since_ms=None, why="OutOfMemoryError"))
    assert finding.what == f"is {state}: OutOfMemoryError"


@pytest.mark.parametrize("state", ["RESTARTING", "SUSPENDED"])
def test_a_job_that_comes_back_is_left_to_flink(state: str) -> None:
    finding = only(flink_job(state=state, running_since_ms=None, why="no slot"))
    assert finding.what == f"is {state}: no slot"
    assert "by itself" in finding.mend


def test_a_restart_between_the_looks_is_seen_although_the_job_runs() -> None:
    finding = only(flink_job(running_since_ms=NOW - 1_000, restarts=4, why="disk"))
    assert "restarted a moment ago, 4 times so far: disk" in finding.what


def test_no_checkpoint_for_a_minute_is_wrong_and_says_why_they_fail() -> None:
    finding = only(flink_job(checkpoint_ms=NOW - 61_000, failed_since=9, checkpoint_failure="No space left on device"))
    assert finding.what == "completed no checkpoint for 61 s; 9 failed since, last: No space left on device"


def test_a_job_that_has_run_for_less_than_a_minute_needs_no_checkpoint_yet() -> None:
    before = flink_job(running_since_ms=NOW - 59_000)
    assert diagnose(before, flink_job(running_since_ms=NOW - 59_000, checkpoint_ms=None)) == []


def test_a_second_job_of_a_recorded_name_is_wrong_and_a_strange_one_a_note() -> None:
    assert WELL.flink is not None
    second, strange = FlinkJob(name=RECORD.name, state="RUNNING"), FlinkJob(name="other", state="RUNNING")
    ended = replace(strange, state="CANCELED")
    jobs = {**WELL.flink.jobs, "f2": second, "f3": strange, "f4": ended}
    assert told(changed("flink", jobs=jobs)) == [("wrong", f"job {RECORD.name} (f2)"), ("note", "job other (f3)")]


def recorded(**changes: Any) -> Facts:
    """An environment with something else in its job's record."""
    return changed("store", records={RECORD.name: msgspec.structs.replace(RECORD, **changes)})


def test_an_interrupted_deployment_is_gone_on_with() -> None:
    after = changed("flink", recorded(state="starting"), jobs={})
    assert "interrupted" in only(after).what
    assert only(after).mend == "`millpond deploy` goes on with it"


@pytest.mark.parametrize(
    ("state", "level"), [("RUNNING", "note"), ("FINISHED", "note"), ("FAILED", "wrong"), ("CANCELED", "wrong")]
)
def test_a_backfill_is_a_note_while_it_can_finish_and_wrong_when_it_cannot(state: str, level: str) -> None:
    assert WELL.flink is not None
    after = recorded(state="filling", start_ts=7, backfill=BACKFILL)
    jobs = {**WELL.flink.jobs, "b1": FlinkJob(name="backfill", state=state)}
    assert told(changed("flink", after, jobs=jobs)) == [(level, f"backfill of {RECORD.name}")]


def test_a_backfill_that_flink_does_not_know_is_wrong_until_its_job_is_covered() -> None:
    assert "unknown to Flink" in only(recorded(state="filling", backfill=BACKFILL)).what
    assert diagnose(WELL, recorded(state="covered", backfill=BACKFILL)) == []


# From the topics to the store


def test_a_group_without_members_is_wrong() -> None:
    assert told(changed("kafka", materializers=0)) == [("wrong", "materializer")]


def test_rows_that_wait_while_none_is_written_are_wrong_and_moving_ones_are_not() -> None:
    stuck = changed("store", applied={f"{TILES}:0": 30, f"{TILES}:1": 2})
    assert "10 rows are not in the store, and none was written" in only(stuck, before=stuck).what
    earlier = changed("store", applied={f"{TILES}:0": 20, f"{TILES}:1": 2})
    assert diagnose(earlier, stuck) == []


def test_a_partition_without_an_applied_offset_is_behind_by_all_it_holds() -> None:
    never = changed("store", applied={})
    assert "42 rows" in only(never, before=never).what


def test_many_rows_that_wait_are_a_note_while_they_become_fewer() -> None:
    assert WELL.kafka is not None
    many = changed("kafka", topics={**WELL.kafka.topics, TILES: TopicFact(ends=(200_000, 2))})
    assert told(many, before=changed("store", applied={})) == [("note", f"fragment {FRAGMENTS[0]}")]


def test_a_stale_fragment_is_wrong_and_follows_from_a_cause_where_there_is_one() -> None:
    stale = changed("store", ages_ms={FRAGMENTS[0]: 30_001})
    assert only(stale).what == "was last seen up to date 30 s ago"
    assert "keep up" in only(stale).mend
    cause, consequence = diagnose(WELL, changed("kafka", stale, materializers=0))
    assert cause.where == "materializer"
    assert consequence.mend == "it follows from the above"


def test_a_fragment_that_was_never_up_to_date_is_wrong() -> None:
    assert only(changed("store", ages_ms={FRAGMENTS[0]: None})).what == "was never seen up to date"


def test_refused_later_beginnings_that_go_on_long_after_a_restart_are_lost_state() -> None:
    grown = changed("store", counters={f"greater_first|{TILES}": 20})
    finding = only(grown)
    assert finding.what.startswith("3 tiles were refused")
    assert "--rebuild shop.account.v3" in finding.mend
    # As many as before are history; soon after a restart they pass.
    assert diagnose(grown, grown) == []
    soon = flink_job(grown, running_since_ms=NOW - 119_000)
    assert diagnose(soon, replace(soon, store=changed("store", counters={f"greater_first|{TILES}": 25}).store)) == []


# What is refused, and what is served


def test_dead_letters_are_told_by_reason_and_the_events_own_faults_are_notes() -> None:
    came = changed("kafka", letters={RECORD.name: {"bad_magic": 3, "late": 2}})
    assert told(came) == [("wrong", f"topic {LETTERS}"), ("note", f"topic {LETTERS}")]
    assert "3 events were refused as bad_magic" in diagnose(WELL, came)[0].what


def test_every_reason_of_a_dead_letter_has_its_mend() -> None:
    decoder = "".join(path.read_text() for path in (ROOT / "jobs" / "java" / "millpond").glob("*.java"))
    sql = "".join(path.read_text() for path in (ROOT / "tests" / "snapshots").glob("*.sql"))
    reasons = set(re.findall(r'Refused\(\s*"(\w+)"', decoder)) | set(re.findall(r"THEN '(\w+)'", sql))
    assert len(reasons) > 8
    assert reasons == set(REASONS)


def test_a_published_set_that_cannot_be_opened_is_wrong() -> None:
    assert told(changed("store", damaged={"shop.risk.v1": "the published document is missing"})) == [
        ("wrong", "set shop.risk.v1")
    ]


def test_without_records_an_idle_cluster_is_empty_and_a_busy_one_has_lost_them() -> None:
    lost = changed("store", records={}, ages_ms={})
    assert told(lost)[-1] == ("wrong", "store")
    assert told(changed("flink", lost, jobs={})) == [("note", "store")]
