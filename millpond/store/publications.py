"""What runs and what is served, as documents: how each is named, what a change of it writes, and how it is read.

jobs                             job name -> JobRecord
generations                      <domain>.<view>.v<N> -> the last generation that was retired
plan:<sha256>                    Publication; immutable, named by its content
set:<domain>.<set>.v<N>          the sha256 that is served
set:<domain>.<set>.v<N>:history  one Release each time the pointer moved, newest first

Before each stands `<ns>:{documents}:`.
"""

from typing import Any, Final, Literal

import msgspec

from millpond.plan.deployment import JobRecord, Publication
from millpond.plan.errors import PlanError
from millpond.plan.hashes import digest
from millpond.plan.model import decode, encode
from millpond.store.documents import Changes, Document, prefix

Client = Any  # redis.Redis: its stubs type every reply as a union of sync and async
Action = Literal["publish", "cover", "roll back"]

HISTORY: Final = 100


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One move of a set's pointer: a plan was published, is read elsewhere or since earlier, or was returned to."""

    content: str
    at_ms: int
    action: Action


def jobs_key(ns: str) -> str:
    """The hash of all job records."""
    return f"{prefix(ns)}jobs"


def generations_key(ns: str) -> str:
    """The hash of the last retired generations: none is ever used again."""
    return f"{prefix(ns)}generations"


def pointers_prefix(ns: str) -> str:
    """What the names of all pointers and histories begin with."""
    return f"{prefix(ns)}set:"


def pointer_key(ns: str, full_name: str, version: int) -> str:
    """Which publication of a set version is served."""
    return f"{pointers_prefix(ns)}{full_name}.v{version}"


def history_key(ns: str, full_name: str, version: int) -> str:
    """Every move of a set's pointer."""
    return f"{pointer_key(ns, full_name, version)}:history"


def plan_key(ns: str, content: str) -> str:
    """A publication by its content."""
    return f"{prefix(ns)}plan:{content}"


# --- what changes write ---------------------------------------------------------------------------------------------


def job_change(ns: str, job: JobRecord) -> Changes:
    """A job is recorded; the materializers find its topics there."""
    return {Document(jobs_key(ns), job.name): encode(job)}


def publication_change(ns: str, publication: Publication, past: list[Release], release: Release) -> Changes:
    """A set's pointer moves to a publication; no other set's pointer is touched."""
    plan = publication.plan
    moves = [release, *past][:HISTORY]
    return {
        Document(plan_key(ns, release.content)): encode(publication),
        Document(history_key(ns, plan.full_name, plan.version)): msgspec.json.encode(moves),
        Document(pointer_key(ns, plan.full_name, plan.version)): release.content.encode(),
    }


def set_removal(ns: str, full_name: str, version: int) -> Changes:
    """A set version is no longer served; Readers that have it open keep it."""
    return {
        Document(pointer_key(ns, full_name, version)): None,
        Document(history_key(ns, full_name, version)): None,
    }


def earlier(past: list[Release]) -> str | None:
    """What a roll-back leads to: publications stack up, a roll-back takes one off; None where there is but one.

    Rolling back twice goes two publications back: what a roll-back left behind is not returned to.
    """
    stack: list[str] = []
    for release in reversed(past):
        match release.action:
            case "publish":
                stack.append(release.content)
            case "cover":
                stack[-1:] = [release.content]
            case "roll back":
                stack[-2:] = [release.content]
    return stack[-2] if len(stack) > 1 else None


# --- reading --------------------------------------------------------------------------------------------------------


def decode_job(name: str, data: bytes) -> JobRecord:
    """A job record from its document."""
    return decode(data, JobRecord, where=f"the record of job {name}")


def decode_history(data: bytes | None) -> list[Release]:
    """The moves of a pointer, newest first."""
    return [] if data is None else msgspec.json.decode(data, type=list[Release])


def decode_publication(content: str, data: bytes | None) -> Publication:
    """A publication from its document.

    Raises:
        PlanError: it is missing, damaged, or not what its name says.
    """
    where = f"plan {content}"
    if data is None:
        raise PlanError("the published document is missing", where=where, mend="run `millpond deploy` again")
    # Of the bytes: a later version may have fields that this document was written without.
    if digest(data) != content:
        raise PlanError("the document is not what its name says", where=where, mend="run `millpond deploy` again")
    return decode(data, Publication, where=where)


def jobs(client: Client, ns: str) -> dict[str, JobRecord]:
    """Every recorded job by name."""
    raw = client.hgetall(jobs_key(ns))
    return {name.decode(): decode_job(name.decode(), data) for name, data in raw.items()}


def history(client: Client, ns: str, full_name: str, version: int) -> list[Release]:
    """Every move of a set's pointer, newest first, at most HISTORY of them."""
    return decode_history(client.get(history_key(ns, full_name, version)))


def published(client: Client, ns: str) -> dict[str, str]:
    """`<domain>.<set>.v<N>` -> content of everything served, by name."""
    begin = pointers_prefix(ns)
    names = sorted(
        name
        for key in client.scan_iter(match=f"{begin}*", count=1000)
        if not (name := key.decode().removeprefix(begin)).endswith(":history")
    )
    contents = client.mget([begin + name for name in names]) if names else []
    return {name: content.decode() for name, content in zip(names, contents, strict=True) if content}


def load_content(client: Client, ns: str, content: str) -> Publication:
    """A publication by its content.

    Raises:
        PlanError: it is missing, damaged, or not what its name says.
    """
    return decode_publication(content, client.get(plan_key(ns, content)))
