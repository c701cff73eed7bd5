"""Readings of an outage outlive the service that took them."""

import signal
import struct
import time

from fakes.modbus import TcpPeer
from fakes.site import Child, document, events, eventually, meter_table, raw, times, toml
from integrations.bus import Bus, BusSettings, EmbeddedServer

ONE_POLL = 1.0
"""The value of the last request may die with the service that asked."""


class Counting:
    """A device whose pressure is the number of times that it was read."""

    def __init__(self):
        self.count = 0

    async def __call__(self, query, wire):
        self.count += 1
        wire.send(query, struct.pack(">BBff", query.function, 8, 0.0, self.count))


async def readings(bus):
    return times(await raw(bus), "value").get("meter-pressure", [])


async def test_a_service_killed_while_the_bus_is_away_loses_nothing(tmp_path):
    device, config = Counting(), tmp_path / "plant.toml"
    async with TcpPeer(device) as peer, EmbeddedServer(tmp_path / "store") as server:
        config.write_text(toml(document(server.url, meter_table(peer.port))))
        async with (
            Bus(BusSettings(url=server.url), attempts=3) as bus,
            Child("steam_meter", config, tmp_path / "log") as child,
        ):
            await eventually(lambda: has_streams(bus), 30)
            await eventually(lambda: len_above(bus, 3))
            await server.kill()
            away_ns = time.time_ns()
            while_away = device.count + 15
            await eventually(lambda: device.count >= while_away)
            await child.end(signal.SIGKILL)
            killed_at, killed_ns = device.count, time.time_ns()
            await server.start()
            await child.start()
            await eventually(lambda: newest_above(bus, killed_at + 5), 30)
            found = [value for value in await readings(bus) if value is not None]
            (away,) = await eventually(lambda: events(bus, "service_away"))
    assert away_ns < away.facts["first_time_ns"] < killed_ns < away.facts["last_time_ns"]
    assert found == sorted(set(found))
    lost = set(range(1, int(found[-1]) + 1)) - {int(value) for value in found}
    assert lost <= {killed_at, killed_at - ONE_POLL}


async def has_streams(bus):
    return "RAW" in ((await bus.api("STREAM.NAMES"))["streams"] or ())


async def len_above(bus, count):
    return len(await readings(bus)) > count


async def newest_above(bus, number):
    found = [value for value in await readings(bus) if value is not None]
    return found and found[-1] > number
