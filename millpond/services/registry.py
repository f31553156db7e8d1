"""Schemas by their ids, from a registry that may be away, or may have lost what it knew."""

import json
import time
from typing import Any, Final

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx2 import HTTPError  # what confluent-kafka's client raises for a registry that does not answer

from millpond.plan.errors import MillpondError

Json = Any
TIMEOUT_S: Final = 2.0
PAUSE_S: Final = 1.0
_NOT_FOUND: Final = 404
_FAILED: Final = 500


class RegistryAway(Exception):
    """The registry does not answer, or has lost its schemas: nothing is known of a record's schema."""


class UnknownSchema(Exception):
    """The registry has no schema of an id, and is sound: it has our own."""


def _client(url: str) -> SchemaRegistryClient:
    return SchemaRegistryClient({"url": url, "timeout": TIMEOUT_S, "max.retries": 0})


def register(url: str, topic: str, schema: Json) -> int:
    """Register the schema of a topic's values; returns its id.

    Raises:
        MillpondError: the registry does not answer, or refuses it.
    """
    subject = f"{topic}-value"
    try:
        with _client(url) as registry:
            return int(registry.register_schema(subject, Schema(json.dumps(schema), "AVRO")))
    except (OSError, HTTPError) as cause:
        raise MillpondError(
            f"the registry does not answer: {cause}",
            where=url,
            mend="check the address, and `millpond status`",
            is_passing=True,
        ) from cause
    except SchemaRegistryError as cause:
        raise MillpondError(
            f"the registry refuses the schema of the replies: {cause.error_message}",
            where=f"subject {subject}",
            mend="a set's version has a topic of its own: name another with --replies",
            is_passing=cause.http_status_code >= _FAILED,
        ) from cause


class Schemas:
    """Gives the schema of an id.

    Args:
        url: of the registry's Confluent API.
        own_id: of a schema that it is known to have had.
    """

    def __init__(self, url: str, own_id: int) -> None:
        self._url = url
        self._own_id = own_id
        self._registry = _client(url)
        self._away_until = 0.0
        self._unknown: dict[int, float] = {}
        self._sound_until = 0.0

    def __call__(self, number: int) -> Json:
        """The schema of an id.

        Raises:
            UnknownSchema: there is none.
            RegistryAway: that cannot be told.
        """
        now = time.monotonic()
        if self._unknown.get(number, 0.0) > now:
            raise UnknownSchema
        if now < self._away_until:
            raise RegistryAway
        found = self._asked(self._registry, number)
        if found is None:
            self._must_be_sound(now)
            self._unknown = {known: until for known, until in self._unknown.items() if until > now}
            self._unknown[number] = now + PAUSE_S
            raise UnknownSchema
        return found

    def close(self) -> None:
        """Give its connections back."""
        self._registry.close()

    def _must_be_sound(self, now: float) -> None:
        """A registry that was emptied says "not found" to every id."""
        if now < self._sound_until:
            return
        with _client(self._url) as registry:  # which remembers nothing
            if self._asked(registry, self._own_id) is None:
                self._away_until = now + PAUSE_S
                raise RegistryAway
        self._sound_until = now + PAUSE_S

    def _asked(self, registry: SchemaRegistryClient, number: int) -> Json | None:
        try:
            return json.loads(registry.get_schema(number).schema_str or "{}")
        except SchemaRegistryError as refusal:
            if refusal.http_status_code == _NOT_FOUND:
                return None
            self._away_until = time.monotonic() + PAUSE_S
            raise RegistryAway(str(refusal)) from refusal
        except (OSError, HTTPError) as cause:
            self._away_until = time.monotonic() + PAUSE_S
            raise RegistryAway(str(cause)) from cause
