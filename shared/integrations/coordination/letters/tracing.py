"""Traces through the messages of agents: from who asks through who works on it, and what that sends.

Attributes follow OpenTelemetry's semantic conventions for messaging spans. Without a provider, without a span
and without a header there is nothing to carry on, and this costs nothing.
"""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from integrations.messages import BROADCAST, BROADCAST_SUBJECT, ROLE_PREFIX, AgentMessage, Header

from .outcome import Deliver, Later, Outcome

_tracer = trace.get_tracer("integrations.coordination")
_w3c = TraceContextTextMapPropagator()
ASKED = "gl.agent.*.ask"
_TRACEPARENT = Header.TRACEPARENT.value
_NOWHERE = Context()


class Traces:
    """The traces of one program's messages: begun here only where somebody has set a provider."""

    def __init__(self) -> None:
        self._begin = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)

    def sent(self, message: AgentMessage, kind: str = "") -> dict[str, str]:
        """Return the headers that carry the present trace on; `kind` is the subject if it is no mail's."""
        if not self._begin and not get_current():
            return {}
        kind = kind or _mail(message)
        headers: dict[str, str] = {}
        attributes = _attributes("publish", "send", message, kind)
        with _tracer.start_as_current_span(f"publish {kind}", kind=SpanKind.PRODUCER, attributes=attributes):
            _w3c.inject(headers)
        return headers

    def work(
        self, deliver: Deliver, message: AgentMessage, headers: Mapping[str, str], kind: str = ""
    ) -> Outcome:
        """Have a message worked on in the trace that its headers name, where anybody traces."""
        if not self._begin and _TRACEPARENT not in headers:
            return deliver(message)
        kind = kind or _mail(message)
        span = _tracer.start_span(
            f"process {kind}",
            context=_w3c.extract(headers, _NOWHERE),
            kind=SpanKind.CONSUMER,
            attributes=_attributes("process", "process", message, kind),
        )
        try:
            with trace.use_span(span):
                outcome = deliver(message)
        except BaseException:
            span.end()
            raise
        if isinstance(outcome, Later):
            return Later(_waited(span, outcome))
        span.end()
        return outcome


async def _waited(span: Span, working: Later[AgentMessage | None]) -> AgentMessage | None:
    with trace.use_span(span, end_on_exit=True):
        return await working


def carried(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what of a message's headers hands its trace on to the answer."""
    if _TRACEPARENT not in headers:
        return {}
    return {name: headers[name] for name in (Header.TRACEPARENT, Header.TRACESTATE) if name in headers}


def _mail(message: AgentMessage) -> str:
    """Name a subject by what it is one of: spans have few names, agents are many."""
    if message.recipient_id == BROADCAST:
        return BROADCAST_SUBJECT
    return "gl.agent.role.*" if message.recipient_id.startswith(ROLE_PREFIX) else "gl.agent.*.inbox.*"


def _attributes(operation: str, kind_of: str, message: AgentMessage, kind: str) -> dict[str, str]:
    return {
        "messaging.system": "nats",
        "messaging.destination.template": kind,
        "messaging.operation.name": operation,
        "messaging.operation.type": kind_of,
        "messaging.message.id": message.message_id,
        "messaging.message.conversation_id": message.correlation_id or message.message_id,
        "gl003.agent.sender": message.sender_id,
        "gl003.agent.recipient": message.recipient_id,
    }
