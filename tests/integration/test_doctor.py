"""The doctor, where nothing is there; where something is, see test_recovery.py."""

from millpond.control.doctor import diagnose
from millpond.control.examine import examine
from millpond.control.settings import Settings
from millpond.local.ports import LOOPBACK, free_ports


def test_services_that_are_not_there_are_findings_and_no_error() -> None:
    kafka, registry, flink, store = free_ports(4)
    settings = Settings(
        ns="nothing",
        kafka=f"{LOOPBACK}:{kafka}",
        registry=f"http://{LOOPBACK}:{registry}",
        flink=f"http://{LOOPBACK}:{flink}",
        store=f"redis://:secret@{LOOPBACK}:{store}",
    )
    facts = examine(settings)
    assert (facts.kafka, facts.flink, facts.store) == (None, None, None)
    findings = diagnose(facts, facts)
    assert {finding.where for finding in findings} == {
        f"kafka ({LOOPBACK}:{kafka})",
        f"registry (http://{LOOPBACK}:{registry})",
        f"flink (http://{LOOPBACK}:{flink})",
        f"store (redis://{LOOPBACK}:{store})",
    }
    assert all(finding.level == "wrong" for finding in findings)
