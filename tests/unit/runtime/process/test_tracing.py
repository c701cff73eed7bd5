"""One trace from poll to clean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from integrations.runtime.process import tracing


@pytest.fixture
def tracer(monkeypatch):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(provider.exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return provider


def test_one_trace_runs_from_poll_through_raw_to_clean(tracer):
    raw, clean = {}, {}
    with tracer.get_tracer("t").start_as_current_span("poll"), tracing.publishing("gl.p.raw.steam_meter.gw"):
        tracing.inject(raw)
    with (
        tracing.processing("gl.p.raw.steam_meter.gw", [raw]),
        tracing.publishing("gl.p.clean.steam_meter.m1"),
    ):
        tracing.inject(clean)
    spans = {span.name: span for span in tracer.exporter.get_finished_spans()}
    poll, publish, process = (
        spans[n] for n in ("poll", "publish gl.p.raw.steam_meter.*", "process gl.p.raw.steam_meter.*")
    )
    assert publish.parent.span_id == poll.context.span_id
    assert process.parent.span_id == publish.context.span_id
    assert len({span.context.trace_id for span in spans.values()}) == 1
    assert trace.format_trace_id(poll.context.trace_id) in clean["traceparent"]
    assert publish.kind is trace.SpanKind.PRODUCER
    assert process.kind is trace.SpanKind.CONSUMER
    assert dict(publish.attributes) == {
        "messaging.system": "nats",
        "messaging.destination.name": "gl.p.raw.steam_meter.gw",
        "messaging.destination.template": "gl.p.raw.steam_meter.*",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
    }


def test_a_batch_is_linked_to_the_trace_of_each_of_its_messages(tracer):
    messages = []
    for _ in range(3):
        with tracing.publishing("gl.p.raw.steam_meter.gw"):
            messages.append({})
            tracing.inject(messages[-1])
    tracer.exporter.clear()
    with tracing.processing("gl.p.raw.steam_meter.gw", [*messages, None, {"traceparent": "broken"}]):
        pass
    (batch,) = tracer.exporter.get_finished_spans()
    assert [link.context.span_id for link in batch.links] == [
        int(m["traceparent"].split("-")[2], 16) for m in messages
    ]
    assert batch.parent is None
    assert batch.attributes["messaging.batch.message_count"] == 5


def test_what_is_made_of_one_message_among_many_stays_in_its_trace_and_is_linked_to_the_work(tracer):
    raw = [{}, {}]
    for headers in raw:
        with tracing.publishing("gl.p.raw.steam_meter.gw"):
            tracing.inject(headers)
    clean = [{}, {}, {}]
    with tracing.processing("gl.p.raw.>", raw):
        for source, target in zip([*raw, None], clean, strict=True):
            tracing.stamp_made(source, target, "gl.p.clean.steam_meter.s")
    spans = tracer.exporter.get_finished_spans()
    (work,) = [span for span in spans if span.name == "process gl.p.raw.>"]
    made = [span for span in spans if span.name == "publish gl.p.clean.steam_meter.*"]
    for source, target, span in zip(raw, clean, made, strict=False):
        assert parts(target)[1] == parts(source)[1]
        assert int(parts(target)[2], 16) == span.context.span_id
        assert span.parent.span_id == int(parts(source)[2], 16)
        assert [link.context.span_id for link in span.links] == [work.context.span_id]
    assert made[2].parent.span_id == work.context.span_id  # nobody's message: part of the work


def parts(headers):
    return headers["traceparent"].split("-")


def test_what_is_made_of_a_message_by_itself_is_part_of_the_work_on_it(tracer):
    raw, clean = {}, {}
    with tracing.publishing("gl.p.raw.steam_meter.gw"):
        tracing.inject(raw)
    with tracing.processing("gl.p.raw.>", [{**raw, "Nats-Msg-Id": "7"}]):
        tracing.stamp_made(raw, clean, "gl.p.clean.steam_meter.s")
    spans = {span.name: span for span in tracer.exporter.get_finished_spans()}
    work, made = spans["process gl.p.raw.>"], spans["publish gl.p.clean.steam_meter.*"]
    assert made.parent.span_id == work.context.span_id
    assert work.attributes["messaging.message.id"] == "7"
    assert parts(clean)[1] == parts(raw)[1]


def test_a_trace_is_carried_on_without_a_span():
    clean = {"Nats-Msg-Id": "1"}
    tracing.carry({"traceparent": "00-a-b-00", "other": "x"}, clean)
    tracing.carry(None, clean)
    assert clean == {"Nats-Msg-Id": "1", "traceparent": "00-a-b-00"}


def test_trace_ids_travel_even_where_nothing_is_recorded(monkeypatch):
    monkeypatch.setattr(tracing, "_tracer", TracerProvider(sampler=ALWAYS_OFF).get_tracer("t"))
    headers = {}
    with tracing.publishing("gl.p.raw.steam_meter.gw") as span:
        tracing.inject(headers)
    assert not span.is_recording()
    assert headers["traceparent"].endswith("00") or headers["traceparent"].endswith("02")


@given(st.dictionaries(st.sampled_from(["traceparent", "tracestate"]), st.text()))
def test_whatever_stands_in_the_headers_extract_returns_a_context(headers):
    assert trace.get_current_span(tracing.extract(headers)).is_recording() is False
