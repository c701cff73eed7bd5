"""Traces that nobody collects: ids that travel and stand in logs, for a fraction of what a span costs."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, Span, SpanContext, TraceState

_ids = random.Random()  # noqa: S311  # ids need to differ, not to be secret


class UnrecordedSpan(NonRecordingSpan):
    """A span of ids only. Its context is made when it is wanted: that costs more than all the rest."""

    def __init__(self, trace_id: int, span_id: int, trace_state: TraceState | None = None) -> None:
        self._ids = trace_id, span_id, trace_state

    def get_span_context(self) -> SpanContext:
        """Return the ids."""
        trace_id, span_id, trace_state = self._ids
        return SpanContext(trace_id, span_id, is_remote=False, trace_state=trace_state)

    def __repr__(self) -> str:
        return f"UnrecordedSpan({self.get_span_context()!r})"


class UnrecordedTracer(trace.Tracer):
    """Makes spans that have ids and a parent's trace, and nothing else."""

    def start_span(
        self,
        name: str,  # noqa: ARG002  # the API's, and nobody sees it
        context: Context | None = None,
        *_: Any,
        **__: Any,
    ) -> Span:
        """Return a span of the trace in `context`, by default the current one, else of a new trace."""
        span_id = _ids.getrandbits(64)
        current = trace.get_current_span(context)
        if current is INVALID_SPAN:
            return UnrecordedSpan(_ids.getrandbits(128), span_id)
        parent = current.get_span_context()
        trace_id = parent.trace_id if parent.is_valid else _ids.getrandbits(128)
        return UnrecordedSpan(trace_id, span_id, parent.trace_state)

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # the API's own decorator is private
        self, name: str, context: Context | None = None, *_: Any, **__: Any
    ) -> Iterator[Span]:
        """Make such a span the current one."""
        with trace.use_span(self.start_span(name, context)) as span:
            yield span


class UnrecordedTraces(trace.TracerProvider):
    """Hands out UnrecordedTracer."""

    def get_tracer(self, *_: Any, **__: Any) -> trace.Tracer:
        """Return the tracer, the same for all."""
        return _TRACER


_TRACER = UnrecordedTracer()
