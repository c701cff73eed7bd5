"""A trace goes with what agents ask each other, into handlers, into what those send, and back."""

import asyncio

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext

from fakes.agents import agents
from fakes.site import eventually
from integrations import MessageType

TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736
ASKING = NonRecordingSpan(SpanContext(TRACE, 0x00F067AA0BA902B7, is_remote=False))


def present():
    return trace.get_current_span().get_span_context().trace_id


async def later(_message):
    await asyncio.sleep(0)
    return {"trace": f"{present():032x}"}


@pytest.mark.parametrize("handler", [lambda _: {"trace": f"{present():032x}"}, later])
@pytest.mark.parametrize("durable", [True, False])
async def test_a_handler_works_within_the_trace_of_who_asked(nats_server, bus, handler, durable):
    answers = []
    async with agents(nats_server.url, "A", "B") as (a, b):
        b.register_handler(MessageType.REQUEST, "trace", handler)
        await bus.client.hear("gl.agent.A.reply.*", answers.append)
        await bus.client.flush()
        with trace.use_span(ASKING):
            assert await a.request("B", "trace", durable=durable) == {"trace": f"{TRACE:032x}"}
        assert await a.request("B", "trace", durable=durable) == {"trace": "0" * 32}
        if durable:
            await eventually(lambda: len(answers) == 2)
            assert f"{TRACE:032x}" in answers[0].headers["traceparent"]
            assert "traceparent" not in answers[1].headers
    assert present() == 0


async def test_what_a_handler_sends_stays_in_the_trace(nats_server):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        c.register_handler(MessageType.REQUEST, "trace", later)
        b.register_handler(MessageType.REQUEST, "ask on", lambda _: b.request("C", "trace"))
        with trace.use_span(ASKING):
            assert await a.request("B", "ask on", durable=False) == {"trace": f"{TRACE:032x}"}


async def test_a_handler_that_waits_keeps_no_other_question_waiting(nats_server):
    go = asyncio.Event()
    async with agents(nats_server.url, "A", "B") as (a, b):
        b.register_handler(MessageType.REQUEST, "wait", lambda _: go.wait())
        b.register_handler(MessageType.REQUEST, "now", lambda _: {"now": 1})
        waiting = asyncio.create_task(a.request("B", "wait", durable=False))
        assert await a.request("B", "now", durable=False) == {"now": 1}
        go.set()
        assert await waiting == {"result": True}
