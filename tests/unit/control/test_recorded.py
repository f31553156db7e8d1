"""What is recorded, read out of a journal's documents."""

import pytest

from millpond.control.recorded import Recorded
from millpond.plan.deployment import Publication, Served
from millpond.plan.errors import PlanError
from millpond.plan.model import SetPlan
from millpond.store.documents import Document
from millpond.store.publications import Release, generations_key, job_change, publication_change, set_removal
from tests.unit.sql.jobs import job, view

ONE = view("one")
JOB = job(ONE)
PLAN = SetPlan(domain="shop", name="seen", version=2, owner="", description="", request=(), bindings=(), features=())
SERVED = Publication(plan=PLAN, views=(Served(view=ONE, generation=1, job=JOB.name, covered_since=0),))
PUBLISHED = publication_change("dev", SERVED, [], Release(content=SERVED.content, at_ms=1, action="publish"))


def test_jobs_and_what_is_served_are_read_by_name() -> None:
    records = Recorded("dev", {**job_change("dev", JOB), **PUBLISHED})
    assert records.jobs() == {JOB.name: JOB}
    assert records.published() == {"shop.seen.v2": SERVED}
    assert records.publication("shop.seen", 2) == SERVED
    assert records.publication("shop.seen", 1) is None


def test_what_was_removed_is_not_there() -> None:
    gone = Document(next(iter(job_change("dev", JOB))).key, JOB.name)
    removed = {**PUBLISHED, **set_removal("dev", "shop.seen", 2), **job_change("dev", JOB), gone: None}
    records = Recorded("dev", removed)
    assert (records.jobs(), records.published()) == ({}, {})


def test_retired_generations_are_numbers() -> None:
    records = Recorded("dev", {Document(generations_key("dev"), "shop.one.v3"): b"4"})
    assert records.retired_generations() == {"shop.one.v3": 4}


def test_a_publication_whose_document_is_missing_is_said() -> None:
    records = Recorded(
        "dev", {document: value for document, value in PUBLISHED.items() if ":plan:" not in document.key}
    )
    with pytest.raises(PlanError, match="document is missing"):
        records.published()
