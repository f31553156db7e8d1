"""The enricher: requests in, their vectors out, each in the order of its key, none lost and none made up."""

import logging
import time
from collections.abc import Callable
from threading import Event as Flag
from typing import Final, TypeVar

from msgspec import UNSET

from millpond.materialize.retry import insist
from millpond.materialize.seldom import Seldom
from millpond.plan.clock import now_ms
from millpond.plan.errors import MillpondError
from millpond.plan.model import OwnEvent, SetPlan
from millpond.serve import OpenSet, Reader, Status, Vector
from millpond.serve.vector import PLAIN
from millpond.services.metrics import Tally
from millpond.services.outbox import StartOver
from millpond.services.reading import RequestReader
from millpond.services.recent import Recent
from millpond.services.registry import Schemas, register
from millpond.services.replies import Replies, reply_schema
from millpond.services.service import Service
from millpond.services.shift import Shift

AGAIN_S: Final = 1.0
LONGEST_AGAIN_S: Final = 15.0

log = logging.getLogger("millpond.services")

_T = TypeVar("_T")


class Enricher:
    """One process of the group; made once the store and the registry answer.

    Args:
        kafka: the brokers' addresses.
        registry: the schema registry's Confluent API.
        reader: of the store.
        service: what it does.
        tally: where it is counted what is done.
        stop: set to make `run` return.
        clock: the wall clock in ms.

    Raises:
        ReadError: the set is not published, or its vectors are not what the model takes.
        MillpondError: the registry refuses the replies' schema.
        Stopped: `stop` was set while a part was away.
    """

    def __init__(
        self,
        *,
        kafka: str,
        registry: str,
        reader: Reader,
        service: Service,
        tally: Tally,
        stop: Flag,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._kafka = kafka
        self._reader = reader
        self._service = service
        self._tally = tally
        self._stop = stop
        self._clock = clock
        self._opened: OpenSet = once_it_answers(
            lambda: reader.open(service.full_name, version=service.version), what="opening the set", stop=stop
        )
        plan = self._opened.publication.plan
        if service.scoring is not None:
            service.scoring.check(_of_nulls(plan))
        schema = reply_schema(plan, is_scored=service.scoring is not None)
        schema_id = once_it_answers(
            lambda: register(registry, service.replies, schema), what="registering the replies' schema", stop=stop
        )
        self._replies = Replies(plan, schema, schema_id)
        self._schemas = Schemas(registry, schema_id)
        self._seldom = Seldom(log)

    def run(self) -> None:
        """Answer until stopped.

        Raises:
            MillpondError: a topic is missing.
        """
        pause = AGAIN_S
        try:
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    self._shift().run(self._stop)
                except StartOver as failure:
                    if time.monotonic() - began > LONGEST_AGAIN_S:
                        pause = AGAIN_S
                    log.warning("starts over in %.0f s: %s", pause, failure)
                    self._stop.wait(pause)
                    pause = min(2 * pause, LONGEST_AGAIN_S)
        finally:
            self._schemas.close()

    def _shift(self) -> Shift:
        publication, reader = self._opened.publication, self._reader
        own = publication.plan.own_event
        recent = None
        if isinstance(own, OwnEvent):
            is_source = own.topic == self._service.requests
            recent = Recent(
                publication,
                reader.environment.ns,
                stale_after_ms=reader.environment.stale_after_ms,
                is_source=is_source,
            )
        return Shift(
            kafka=self._kafka,
            service=self._service,
            reader=reader,
            opened=self._opened,
            replies=self._replies,
            recent=recent,
            reading=RequestReader(recent, self._schemas, largest=self._service.largest),
            seldom=self._seldom,
            tally=self._tally,
            clock=self._clock,
        )


def once_it_answers(attempt: Callable[[], _T], *, what: str, stop: Flag) -> _T:
    """What `attempt` returns, once the part that it asks is there.

    Raises:
        Stopped: `stop` was set before.
        MillpondError: it failed for a reason that waiting does not mend.
    """
    return insist(attempt, what=what, transient=_is_passing, stop=stop, log=log)


def _is_passing(failure: Exception) -> bool:
    return isinstance(failure, MillpondError) and failure.is_passing


def _of_nulls(plan: SetPlan) -> Vector:
    """A vector of a set that says nothing."""
    names, types = zip(*((place.name, place.type) for place in plan.places), strict=True)
    encoding = PLAIN if plan.encoding is UNSET else plan.encoding
    says: Status = "empty"
    return Vector(names, types, (None,) * len(names), (says,) * len(names), 0, encoding=encoding)
