"""The plant keeps step with a clock that the test holds."""

import asyncio
from functools import partial

import pytest

from integrations.protocols.modbus import FLOAT32, Register, RegisterTable
from integrations.simulation import Instruments, PlantServer, ServedUnit, SteamPlant, serve_plant


class FakeTime:
    """A clock that only sleeping moves; after `turns` sleeps it sleeps for ever."""

    def __init__(self, turns, late_seconds=0.0):
        self.now = 1000.0
        self.turns = turns
        self.late_seconds = late_seconds
        self.slept = []
        self.over = asyncio.Event()

    async def sleep(self, seconds):
        self.slept.append(seconds)
        if len(self.slept) > self.turns:
            self.over.set()
            await asyncio.Event().wait()
        self.now += seconds + self.late_seconds
        await asyncio.sleep(0)


@pytest.mark.parametrize("late_seconds", [0.0, 0.03, 0.25])
async def test_plant_time_follows_the_clock_without_drift(late_seconds):
    meters, time = Instruments(SteamPlant()), FakeTime(turns=50, late_seconds=late_seconds)
    async with asyncio.TaskGroup() as owner:
        service = owner.create_task(serve_plant(meters, [], lambda: time.now, time.sleep))
        await time.over.wait()
        service.cancel()
    assert meters.plant.time_seconds == pytest.approx(time.now - 1000.0, abs=0.1)
    assert all(0 < seconds <= 0.1 + 1e-9 for seconds in time.slept)


async def test_devices_show_each_tick():
    meters, time = Instruments(SteamPlant()), FakeTime(turns=20)
    shown = []
    table = RegisterTable((Register("flow_rate", 0, FLOAT32),))
    read = partial(meters.read, "process_a")
    unit = ServedUnit(1, table, lambda: shown.append(meters.plant.tick) or read())
    async with PlantServer([unit]) as server, asyncio.TaskGroup() as owner:
        service = owner.create_task(serve_plant(meters, [server], lambda: time.now, time.sleep))
        await time.over.wait()
        service.cancel()
    assert shown == [0, *range(21)]


async def test_plant_time_goes_on_from_where_it_stands():
    meters, time = Instruments(SteamPlant()), FakeTime(turns=1)
    meters.advance(60.0)
    async with asyncio.TaskGroup() as owner:
        service = owner.create_task(serve_plant(meters, [], lambda: time.now, time.sleep))
        await time.over.wait()
        service.cancel()
    assert meters.plant.time_seconds == 60.1
