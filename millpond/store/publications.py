"""The documents beside the tiles: running jobs, published sets, and the history each set can roll back through.

<ns>:jobs                             job name -> JobRecord
<ns>:plan:<sha256>                    Publication; immutable, named by its content
<ns>:set:<domain>.<set>.v<N>          the sha256 that is served
<ns>:set:<domain>.<set>.v<N>:history  one Release each time the pointer moved, newest first
"""

from typing import Any, Final

import msgspec
import redis

from millpond.plan.deployment import JobRecord, Publication
from millpond.plan.errors import DeployError, PlanError, ReadError
from millpond.plan.model import decode, encode

Client = Any  # redis.Redis: its stubs type every reply as a union of sync and async

HISTORY: Final = 100


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One move of a set's pointer."""

    content: str
    at_ms: int
    action: str


def jobs_key(ns: str) -> str:
    """The hash of all job records."""
    return f"{ns}:jobs"


def pointer_key(ns: str, full_name: str, version: int) -> str:
    """Which publication of a set version is served."""
    return f"{ns}:set:{full_name}.v{version}"


def plan_key(ns: str, content: str) -> str:
    """A publication by its content."""
    return f"{ns}:plan:{content}"


# --- jobs -----------------------------------------------------------------------------------------------------------


def jobs(client: Client, ns: str) -> dict[str, JobRecord]:
    """Every recorded job by name."""
    raw = client.hgetall(jobs_key(ns))
    return {
        name.decode(): decode(data, JobRecord, where=f"{jobs_key(ns)}[{name.decode()}]") for name, data in raw.items()
    }


def put_job(client: Client, ns: str, job: JobRecord) -> None:
    """Record a job; the materializers find its topics here."""
    client.hset(jobs_key(ns), job.name, encode(job))


def remove_job(client: Client, ns: str, name: str) -> None:
    """Forget a job; its topics are no longer materialized."""
    client.hdel(jobs_key(ns), name)


# --- sets -----------------------------------------------------------------------------------------------------------


def publish(client: Client, ns: str, publication: Publication, *, now_ms: int) -> bool:
    """Serve a publication from now on; False where it is served already.

    The document is written before the pointer moves, in one transaction; no other set's pointer is touched.
    """
    plan = publication.plan
    pointer = pointer_key(ns, plan.full_name, plan.version)
    content = publication.content
    if client.get(pointer) == content.encode():
        return False
    release = Release(content=content, at_ms=now_ms, action="publish")
    with client.pipeline(transaction=True) as pipe:
        pipe.set(plan_key(ns, content), encode(publication))
        _move(pipe, pointer, release)
        pipe.execute()
    return True


def roll_back(client: Client, ns: str, full_name: str, version: int, *, now_ms: int) -> str:
    """Serve what was served before the present publication; returns its content.

    Rolling back twice goes two publications back: what a roll-back left behind is not returned to.

    Raises:
        DeployError: the set version was never published, or there is nothing before the present.
    """
    pointer = pointer_key(ns, full_name, version)
    past = history(client, ns, full_name, version)
    if not past:
        raise DeployError(f"{full_name} version {version} was never published", mend="publish it: `millpond deploy`")
    earlier = _before(past)
    if earlier is None:
        raise DeployError(
            f"{full_name} version {version} has nothing to roll back to: {past[0].content[:12]} was the first",
            mend="publish a corrected definition as a new version",
        )
    with client.pipeline(transaction=True) as pipe:
        _move(pipe, pointer, Release(content=earlier, at_ms=now_ms, action="roll back"))
        pipe.execute()
    return earlier


def _move(pipe: Client, pointer: str, release: Release) -> None:
    pipe.set(pointer, release.content)
    pipe.lpush(f"{pointer}:history", msgspec.json.encode(release))
    pipe.ltrim(f"{pointer}:history", 0, HISTORY - 1)


def _before(past: list[Release]) -> str | None:
    """What a roll-back from the newest release leads to: publications stack up, a roll-back takes one off."""
    stack: list[str] = []
    for release in reversed(past):
        if release.action == "publish":
            stack.append(release.content)
        elif len(stack) > 1:
            stack.pop()
    return stack[-2] if len(stack) > 1 else None


def history(client: Client, ns: str, full_name: str, version: int) -> list[Release]:
    """Every move of a set's pointer, newest first, at most HISTORY of them."""
    key = f"{pointer_key(ns, full_name, version)}:history"
    return [msgspec.json.decode(data, type=Release) for data in client.lrange(key, 0, -1)]


def published(client: Client, ns: str) -> dict[str, str]:
    """`<domain>.<set>.v<N>` -> content of everything served, by name."""
    prefix = f"{ns}:set:"
    names = sorted(
        name
        for key in client.scan_iter(match=f"{prefix}*", count=1000)
        if not (name := key.decode().removeprefix(prefix)).endswith(":history")
    )
    contents = client.mget([prefix + name for name in names]) if names else []
    return {name: content.decode() for name, content in zip(names, contents, strict=True) if content}


def load(client: Client, ns: str, full_name: str, version: int) -> Publication:
    """The publication that is served.

    Raises:
        ReadError: no such set version is published; names those that are.
        PlanError: the store holds a damaged document.
    """
    try:
        content = client.get(pointer_key(ns, full_name, version))
    except redis.RedisError as cause:
        raise ReadError(
            f"the store does not answer: {cause}", mend="check the address, and `millpond status`"
        ) from cause
    if content is None:
        known = ", ".join(published(client, ns)) or "none"
        raise ReadError(
            f"{full_name} version {version} is not published in {ns!r}",
            mend=f"open one that is ({known}), or run `millpond deploy`",
        )
    return load_content(client, ns, content.decode())


def load_content(client: Client, ns: str, content: str) -> Publication:
    """A publication by its content.

    Raises:
        PlanError: it is missing, damaged, or not what its name says.
    """
    key = plan_key(ns, content)
    data = client.get(key)
    if data is None:
        raise PlanError("the published document is missing", where=key, mend="run `millpond deploy` again")
    publication = decode(data, Publication, where=key)
    if publication.content != content:
        raise PlanError("the document is not what its name says", where=key, mend="run `millpond deploy` again")
    return publication
