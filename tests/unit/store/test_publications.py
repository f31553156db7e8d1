"""What a roll-back leads to, and how documents are named."""

import msgspec
import pytest

from millpond.plan.errors import PlanError
from millpond.plan.hashes import digest
from millpond.plan.model import encode
from millpond.store.documents import Document
from millpond.store.publications import HISTORY, Action, Release, decode_publication, earlier
from tests.unit.serve.sample import publication


def past(*moves: tuple[Action, str]) -> list[Release]:
    """Moves of a pointer, given oldest first."""
    return [Release(content=content, at_ms=at, action=action) for at, (action, content) in enumerate(moves)][::-1]


@pytest.mark.parametrize(
    ("moves", "leads_to"),
    [
        ([], None),
        ([("publish", "a")], None),
        ([("publish", "a"), ("publish", "b")], "a"),
        ([("publish", "a"), ("publish", "b"), ("publish", "c"), ("roll back", "b")], "a"),
        ([("publish", "a"), ("publish", "b"), ("roll back", "a"), ("publish", "c")], "a"),
        # Covered since earlier, or read from another generation: the same plan, so no step of its own.
        ([("publish", "a"), ("cover", "a covered")], None),
        ([("publish", "a"), ("cover", "a covered"), ("publish", "b")], "a covered"),
        ([("publish", "a"), ("publish", "b"), ("roll back", "a covered"), ("publish", "c")], "a covered"),
    ],
)
def test_publications_stack_up_and_a_roll_back_takes_one_off(
    moves: list[tuple[Action, str]], leads_to: str | None
) -> None:
    assert earlier(past(*moves)) == leads_to


def test_a_history_that_lost_its_beginning_still_leads_back() -> None:
    moves = past(("publish", "a"), ("publish", "b"), ("roll back", "a"), ("publish", "c"), ("publish", "d"))
    assert earlier(moves[:3]) == "c"
    assert len(moves) < HISTORY


@pytest.mark.parametrize("document", [Document("dev:jobs", "shop.sales.0123abcd"), Document("dev:set:shop.risk.v1")])
def test_a_document_is_found_again_by_its_name(document: Document) -> None:
    assert Document.parse(str(document)) == document


def test_a_document_of_an_earlier_version_without_a_later_field_is_read() -> None:
    written = msgspec.json.decode(encode(publication()))
    for served in written["views"]:
        del served["deployed_at"]
    data = msgspec.json.encode(written)
    assert decode_publication(digest(data), data) == publication()
    with pytest.raises(PlanError, match="not what its name says"):
        decode_publication(digest(data), data.replace(b"shop", b"shup"))
