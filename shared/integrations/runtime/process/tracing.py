"""Tracing: one trace from the poll through raw to clean, carried in NATS headers; API only, no SDK.

Attributes follow OpenTelemetry's semantic conventions for messaging spans.
"""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from integrations.messages import Header

_tracer = trace.get_tracer("integrations")
_w3c = TraceContextTextMapPropagator()


def inject(headers: MutableMapping[str, str], context: Context | None = None) -> None:
    """Write the span of `context` (the current one by default) into `headers`; without a span, nothing."""
    _w3c.inject(headers, context)


def extract(headers: Mapping[str, str] | None) -> Context:
    """Read the sender's span from `headers`; an empty context when there is none that can be read."""
    return _w3c.extract(headers or {}, Context())


def carry(source: Mapping[str, str] | None, target: MutableMapping[str, str]) -> None:
    """Hand a trace on from a received message to one made of it, without a span of its own."""
    for name in (Header.TRACEPARENT, Header.TRACESTATE):
        if source and name in source:
            target[name] = source[name]


@contextmanager
def publishing(subject: str, *, messages: int = 1, parent: Context | None = None) -> Iterator[Span]:
    """Open a producer span around a publish: child of `parent`, by default of the current span."""
    with _tracer.start_as_current_span(
        _name("publish", subject),
        context=parent,
        kind=SpanKind.PRODUCER,
        attributes=_attributes("publish", "send", subject, messages),
    ) as span:
        yield span


def stamp(headers: MutableMapping[str, str], subject: str) -> None:
    """Write a publish of its own, below the current span, into `headers`.

    A trace that nobody records keeps the span it has: measured, one more cost a poll a twelfth of its time.
    """
    current = trace.get_current_span()
    seen = current.get_span_context()
    if seen.is_valid and not seen.trace_state and not current.is_recording():
        headers[Header.TRACEPARENT] = f"00-{seen.trace_id:032x}-{seen.span_id:016x}-{seen.trace_flags:02x}"
        return
    with publishing(subject):
        inject(headers)


@contextmanager
def processing(subject: str, messages: Sequence[Mapping[str, str] | None]) -> Iterator[Span]:
    """Open a consumer span around the work on received messages, given by their headers.

    One message: the span continues its trace. Several: a trace of its own, linked to each of theirs.
    """
    alone = len(messages) == 1
    with _tracer.start_as_current_span(
        _name("process", subject),
        context=extract(messages[0]) if alone else Context(),
        kind=SpanKind.CONSUMER,
        attributes=_attributes("process", "process", subject, len(messages)),
    ) as span:
        if not alone and span.is_recording():
            _link(span, messages)
        yield span


def _link(span: Span, messages: Sequence[Mapping[str, str] | None]) -> None:
    for headers in messages:
        context = trace.get_current_span(extract(headers)).get_span_context()
        if context.is_valid:
            span.add_link(context)


def _name(operation: str, subject: str) -> str:
    """Name a span by its subject less the last token: span names stay few, sensors are many."""
    return f"{operation} {subject.rpartition('.')[0] or subject}"


def _attributes(operation: str, kind: str, subject: str, messages: int) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "messaging.system": "nats",
        "messaging.destination.name": subject,
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
    }
    if messages != 1:
        attributes["messaging.batch.message_count"] = messages
    return attributes
