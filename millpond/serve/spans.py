"""Reads as spans, where OpenTelemetry's API is installed and the process has set up who takes them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from millpond.serve.status import worst
from millpond.serve.vector import Vector

NAME: Final = "millpond.read"


class Spans:
    """The spans of one version of a set.

    Args:
        trace: the API's module.
        attributes: of every span.
    """

    def __init__(self, trace: Any, attributes: Mapping[str, str | int]) -> None:
        self._trace = trace
        self._attributes = dict(attributes)
        self._nobody = trace.ProxyTracerProvider

    @property
    def are_wanted(self) -> bool:
        """Whether anybody takes them: a span that nobody takes costs a tenth of a read."""
        return not isinstance(self._trace.get_tracer_provider(), self._nobody)

    @contextmanager
    def span(self) -> Iterator[list[Vector]]:
        """The span of a read, which is the current one meanwhile; the vectors are to be put into what it gives."""
        read: list[Vector] = []
        tracer = self._trace.get_tracer("millpond.serve")
        with tracer.start_as_current_span(
            NAME,
            kind=self._trace.SpanKind.CLIENT,
            attributes=self._attributes,
            record_exception=False,  # what a request lacks may name an entity
            set_status_on_exception=False,
        ) as span:
            try:
                yield read
            except Exception as error:
                span.set_status(self._trace.StatusCode.ERROR, type(error).__name__)
                raise
            if not span.is_recording():
                return
            status = worst(vector.status for vector in read)
            span.set_attribute("millpond.vectors", len(read))
            span.set_attribute("millpond.status", status)
            if status == "unavailable":
                reason = next((vector.reason for vector in read if vector.reason), "")
                span.set_status(self._trace.StatusCode.ERROR, reason)


def spans_of(ns: str, full_name: str, version: int) -> Spans | None:
    """The spans of a set; None where the API is not installed."""
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return Spans(trace, {"millpond.ns": ns, "millpond.set": full_name, "millpond.version": version})
