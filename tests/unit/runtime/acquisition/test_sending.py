"""Samples go at once while the bus keeps up with their device, and together where it does not."""

import asyncio
from contextlib import asynccontextmanager

import numpy as np
import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext

from fakes.site import eventually
from integrations.bus import Gap, MemoryOutbox
from integrations.devices import Channel, Sample
from integrations.devices.points import PointSample
from integrations.messages import Header, RawBatch, decode
from integrations.runtime.acquisition.readings import RawWriter
from integrations.runtime.acquisition.sending import Sender
from integrations.runtime.identity import Identity

IDENTITY = Identity("plant1", "steam_meter", "host-1", "1.0.0")


def writer_of(source):
    return RawWriter(IDENTITY, source, (Channel(f"{source}-flow_rate", "flow_rate", "t/hr"),), epoch_ns=3)


def sample(at):
    return Sample(at, np.array([float(at)]), np.zeros(1, np.uint32))


def times(messages):
    return [decode(message.payload, RawBatch).columns[0].time for message in messages]


@asynccontextmanager
async def running(sender):
    task = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def outbox():
    return MemoryOutbox()


async def test_a_sample_goes_at_once_while_the_bus_has_the_one_before(outbox):
    now = 0.0
    sender, meter = Sender(outbox, clock=lambda: now), writer_of("m")
    for at in range(3):
        await sender.send(meter, sample(at))
        assert times(await outbox.take(10, 1000)) == [[at]]
        await outbox.forget(1)
        now += 0.05


async def test_samples_that_come_just_after_one_went_go_together(outbox):
    now = 0.0
    sender, meter = Sender(outbox, clock=lambda: now), writer_of("m")
    async with running(sender):
        for at in range(3):
            await sender.send(meter, sample(at))
        assert times(await outbox.take(10, 1000)) == [[0]]
        await outbox.forget(1)
        now += 0.05
        await eventually(lambda: outbox.depth == 1)
        assert times(await outbox.take(10, 1000)) == [[1, 2]]


async def test_samples_that_come_before_the_bus_has_the_last_go_together_once_it_has(outbox):
    sender, meter, other = Sender(outbox), writer_of("m"), writer_of("n")
    async with running(sender):
        await sender.send(meter, sample(0))
        await outbox.take(10, 1000)
        for at in range(1, 4):
            await sender.send(meter, sample(at))
        await sender.send(other, sample(9))  # its way is free
        assert outbox.depth == 2
        await outbox.forget(1)
        await eventually(lambda: outbox.depth == 2)
        assert times(await outbox.take(10, 1000)) == [[9], [1, 2, 3]]


async def test_nothing_waits_for_a_bus_that_is_away_longer_than_a_moment(outbox):
    sender, meter = Sender(outbox), writer_of("m")
    async with running(sender):
        for at in range(3):
            await sender.send(meter, sample(at))
        await eventually(lambda: outbox.depth == 2)
        assert times(await outbox.take(10, 1000)) == [[0], [1, 2]]


async def test_what_waits_when_the_service_stops_goes_into_the_outbox_in_the_trace_of_its_poll(outbox):
    sender, meter = Sender(outbox), writer_of("m")
    await sender.send(meter, sample(0))
    span = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=False))
    token = context.attach(trace.set_span_in_context(span))
    await sender.send(meter, sample(1))
    context.detach(token)
    await sender.flush()
    first, second = await outbox.take(10, 1000)
    assert times([first, second]) == [[0], [1]]
    assert f"{0xABC:032x}-{0xDEF:016x}" in second.headers[Header.TRACEPARENT]


async def test_a_gap_reaches_from_the_first_sample_lost_to_the_last():
    gaps = []
    outbox = MemoryOutbox(1, on_gap=gaps.append)
    sender, meter, other = Sender(outbox), writer_of("m"), writer_of("n")
    for at in range(3):
        await sender.send(meter, sample(at))
    await sender.flush()
    await sender.send(other, sample(3))
    assert times(await outbox.take(10, 1000)) == [[3]]
    assert gaps == [Gap(2, 0, 2)]


async def test_a_gap_reaches_over_all_points_of_a_sample_that_is_lost():
    gaps = []
    outbox = MemoryOutbox(1, on_gap=gaps.append)
    sender, tags = Sender(outbox), writer_of("m")
    points = PointSample(
        9, np.zeros(3), np.zeros(3, np.uint32), channel=np.zeros(3, int), times=np.array([7, 5, 8])
    )
    await sender.send(tags, points)
    await sender.send(writer_of("n"), sample(9))
    await outbox.take(10, 1000)
    assert gaps == [Gap(1, 5, 8)]


async def test_what_is_traced_goes_alone_in_its_own_trace(outbox):
    sender, meter = Sender(outbox), writer_of("m")
    tracer = TracerProvider().get_tracer("test")
    for at in range(2):
        with tracer.start_as_current_span("poll"):
            await sender.send(meter, sample(at))
    first, second = await outbox.take(10, 1000)
    assert times([first, second]) == [[0], [1]]
    assert first.headers[Header.TRACEPARENT] != second.headers[Header.TRACEPARENT]
