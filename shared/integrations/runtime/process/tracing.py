"""Tracing: one trace from the poll through raw to clean, carried in NATS headers; API only, no SDK.

Attributes follow OpenTelemetry's semantic conventions for messaging spans.
"""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from integrations.messages import Header

_tracer = trace.get_tracer("integrations")
_w3c = TraceContextTextMapPropagator()
_TEMPLATE = "messaging.destination.template"


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
def publishing(
    subject: str, *, messages: int = 1, parent: Context | None = None, link: SpanContext | None = None
) -> Iterator[Span]:
    """Open a producer span around a publish: child of `parent`, by default of the current span."""
    with _tracer.start_as_current_span(
        _name("publish", subject),
        context=parent,
        kind=SpanKind.PRODUCER,
        attributes=_attributes("publish", "send", subject, messages),
        links=[Link(link)] if link else None,
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


def stamp_made(source: Mapping[str, str] | None, target: MutableMapping[str, str], subject: str) -> None:
    """Write a publish of what was made of a received message into `target`: in that message's own trace.

    Below the work on it where it is the only one; else below the message itself, linked to the work on all.
    """
    work = trace.get_current_span()
    if not work.is_recording():
        carry(source, target)
        return
    origin = extract(source)
    trace_id = trace.get_current_span(origin).get_span_context().trace_id
    if trace_id in (0, work.get_span_context().trace_id):
        with publishing(subject):
            inject(target)
        return
    with publishing(subject, parent=origin, link=work.get_span_context()):
        inject(target)


@contextmanager
def answering(subject: str, headers: Mapping[str, str], kind: str) -> Iterator[Span]:
    """Open a span around the work on a request; `kind` is its subject with a wildcard for the instance."""
    with _tracer.start_as_current_span(
        f"process {kind}",
        context=extract(headers),
        kind=SpanKind.CONSUMER,
        attributes={**_attributes("process", "process", subject, 1), _TEMPLATE: kind},
    ) as span:
        yield span


@contextmanager
def asking_device(operation: str, device_id: str, host: str, port: int) -> Iterator[Span]:
    """Open a client span around what a device is asked by request."""
    attributes: dict[str, str | int] = {
        "gl003.device.id": device_id,
        "server.address": host,
        "server.port": port,
    }
    with _tracer.start_as_current_span(operation, kind=SpanKind.CLIENT, attributes=attributes) as span:
        yield span


def failed(span: Span, error: str, description: str) -> None:
    """Mark a span whose work came to nothing; `error` is a kind of error."""
    span.set_attribute("error.type", error)
    span.set_status(StatusCode.ERROR, description)


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
        if alone and messages[0] and Header.MESSAGE_ID in messages[0]:
            span.set_attribute("messaging.message.id", messages[0][Header.MESSAGE_ID])
        if not alone and span.is_recording():
            _link(span, messages)
        yield span


def _link(span: Span, messages: Sequence[Mapping[str, str] | None]) -> None:
    for headers in messages:
        context = trace.get_current_span(extract(headers)).get_span_context()
        if context.is_valid:
            span.add_link(context)


def _name(operation: str, subject: str) -> str:
    """Name a span by what its subject is one of: span names stay few, sensors are many."""
    return f"{operation} {_template(subject)}"


def _template(subject: str) -> str:
    head, _, last = subject.rpartition(".")
    return f"{head}.*" if head and last != ">" else subject


def _attributes(operation: str, kind: str, subject: str, messages: int) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "messaging.system": "nats",
        "messaging.destination.name": subject,
        _TEMPLATE: _template(subject),
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
    }
    if messages != 1:
        attributes["messaging.batch.message_count"] = messages
    return attributes
