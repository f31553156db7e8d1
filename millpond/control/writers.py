"""What producers have registered for a source's topic, compared with what the source reads."""

import json
from collections.abc import Iterable
from typing import Any, Final

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx2 import HTTPError  # what confluent-kafka's client raises for a registry that does not answer

from millpond.control.settings import Settings
from millpond.plan.errors import DeployError
from millpond.plan.model import SourcePlan
from millpond.plan.reader_schema import with_units
from millpond.plan.resolution import differences, named_types

_NOT_FOUND: Final = 404


def unreadable_writers(settings: Settings, sources: Iterable[SourcePlan]) -> list[DeployError]:
    """Everything in the registry that one of the sources cannot read, version by version; and topics without schemas.

    Raises:
        DeployError: the registry does not answer: nothing is known then.
    """
    try:
        with SchemaRegistryClient({"url": settings.registry}) as registry:
            distinct = {(source.topic, source.schema): source for source in sources}
            return [error for source in distinct.values() for error in _of_source(registry, source)]
    except (OSError, HTTPError) as cause:
        raise DeployError(
            f"the registry does not answer: {cause}", where=settings.registry, mend="check the address"
        ) from cause
    except SchemaRegistryError as cause:
        raise DeployError(
            f"the registry refuses to say what is registered: {cause.error_message}",
            where=settings.registry,
            mend="see the registry's log",
        ) from cause


def require_readable(settings: Settings, sources: Iterable[SourcePlan]) -> None:
    """Nothing is registered that the sources cannot read.

    Raises:
        DeployError: something is, with all there is of it; or the registry does not answer.
    """
    found = unreadable_writers(settings, sources)
    if not found:
        return
    more = "".join(f"\nerror: {error}" for error in found[1:])
    raise DeployError(found[0].what, where=found[0].where, mend=f"{found[0].mend}{more}")


def _of_source(registry: Any, source: SourcePlan) -> list[DeployError]:
    subject = f"{source.topic}-value"
    where = f"source {source.name!r}, subject {subject}"
    try:
        versions = registry.get_versions(subject)
    except SchemaRegistryError as cause:
        if cause.http_status_code != _NOT_FOUND:
            raise
        return [
            DeployError(
                "nothing is registered for it", where=where, mend="register its schema; its producer usually does"
            )
        ]
    reader = json.loads(with_units(source))
    errors = []
    for version in versions:
        registered = registry.get_version(subject, version)
        at = f"{where}, version {version} (id {registered.schema_id})"
        if registered.schema.schema_type != "AVRO":
            errors.append(
                DeployError(
                    f"it is {registered.schema.schema_type}, not AVRO", where=at, mend="have Avro written to the topic"
                )
            )
            continue
        writer = json.loads(registered.schema.schema_str)
        errors += [
            DeployError(
                different.what,
                where=f"{at}, field {different.path}" if different.path else at,
                mend=f"{different.mend}, or delete version {version} if no record of the topic was written with it",
            )
            for different in differences(reader, writer, _referred(registry, registered.schema))
        ]
    return errors


def _referred(registry: Any, schema: Schema) -> dict[str, Any]:
    """The types that a schema refers to under other subjects, and that those refer to."""
    found: dict[str, Any] = {}
    for reference in schema.references or ():
        other = registry.get_version(reference.subject, reference.version).schema
        found |= _referred(registry, other) | named_types(json.loads(other.schema_str))
    return found
