"""Names: what may be called how, and the topics and jobs that follow from it."""

import difflib
import re
from collections.abc import Iterable
from typing import Final

from millpond.plan.errors import DefinitionError

MAX_NAME: Final = 48
# Columns of every tile row, beside its key columns and partials.
TILE_COLUMNS: Final = ("level", "tile", "ts", "n", "first_ts", "last_ts")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_name(name: object, what: str) -> str:
    """`name`, if it may stand in keys, topics and vectors.

    Raises:
        DefinitionError: not [a-z][a-z0-9_]*, longer than 48, or with a double or closing underscore.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DefinitionError(
            f"{what} {name!r} is not a name", mend="use lower-case letters, digits and _, and begin with a letter"
        )
    if "__" in name or name.endswith("_"):
        raise DefinitionError(
            f"{what} {name!r} has a double or closing underscore, which separates alias from feature in flat names",
            mend="use single underscores between words",
        )
    if len(name) > MAX_NAME:
        raise DefinitionError(f"{what} {name!r} has {len(name)} characters", mend=f"use at most {MAX_NAME}")
    return name


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`did you mean 'amount'?`, or the known names where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(wrong, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known here: {', '.join(names)}" if names else "there are none"


def fragment_topic(ns: str, domain: str, view: str, version: int, kind: str, generation: int) -> str:
    """`millpond.<ns>.<domain>.<view-dashed>.v<N>.<kind>.g<G>`: no name mixes `.` and `_`, for Kafka confuses them."""
    return f"millpond.{ns}.{dashed(domain)}.{dashed(view)}.v{version}.{dashed(kind)}.g{generation}"


def dead_letter_topic(ns: str, job: str) -> str:
    """Where a job puts what it does not accept."""
    return f"millpond.{ns}.{dashed(job)}.dlq"


def enricher_group(ns: str, replies: str) -> str:
    """The consumer group of those that answer into a topic: another topic is another service."""
    return f"millpond.{ns}.enrich.{replies}"


def source_group(ns: str, job: str) -> str:
    """The consumer group under which a job commits how far its completed checkpoints have read its source."""
    return f"millpond.{ns}.{job}"


def journal_topic(ns: str) -> str:
    """Where job records and publications are kept."""
    return f"millpond.{ns}.control"


def dashed(name: str) -> str:
    """A name as it stands in topics."""
    return name.replace("_", "-")
