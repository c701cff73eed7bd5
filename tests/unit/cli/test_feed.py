"""From the bus into the live view."""

import asyncio

from integrations.cli.plant.feed import feeding
from integrations.messages import CleanBatch, ContentType, Event, Origin, Severity, encode


class View:
    def __init__(self):
        self.seen = asyncio.Queue()

    def update(self, batch):
        self.seen.put_nowait(batch)

    def note_event(self, event):
        self.seen.put_nowait(event)


CLEAN = CleanBatch(
    site="plant1",
    device_class="steam_meter",
    source="m",
    sensor_id="m-flow_rate",
    quantity="flow_rate",
    unit="t/hr",
    raw_unit="t/hr",
    origin=Origin.MEASURED,
    raw_sequence=1,
    time=[1],
    value=[2.0],
    raw_value=[2.0],
    status=[0],
    quality=[100.0],
    qartod=[1],
    flags=[0],
)
EVENT = Event(
    site="plant1",
    service="steam_meter",
    instance="a",
    subject_id="m",
    kind="circuit_state",
    severity=Severity.INFO,
    time=1,
    text="open",
)


async def test_readings_and_events_of_the_site_reach_the_view_and_noise_does_not(bus):
    view = View()
    msgpack = {"Content-Type": ContentType.MSGPACK.value}
    async with feeding(bus, "plant1", view), asyncio.timeout(5):
        publish = bus.client.publish
        await publish("gl.plant1.clean.steam_meter.m-flow_rate", b"?")
        await publish("gl.plant1.event.steam_meter.m", b"{}")
        await publish("gl.other.clean.steam_meter.m-flow_rate", encode(CLEAN))
        await publish(
            "gl.plant1.clean.steam_meter.m-flow_rate", encode(CLEAN, ContentType.MSGPACK), headers=msgpack
        )
        assert await view.seen.get() == CLEAN
        await publish("gl.plant1.event.steam_meter.m", encode(EVENT))
        assert await view.seen.get() == EVENT
    assert view.seen.empty()
