"""Pressures and temperatures of the simulated plant, through their services, clean onto the bus."""

import contextlib
import struct

import pytest

from fakes.modbus import TcpPeer
from fakes.pressures import Transmitters
from fakes.site import clean, document, events, eventually, raw, running
from fakes.temperatures import Module
from integrations import steam
from integrations.messages import Status
from integrations.simulation import (
    Instruments,
    PlantServer,
    PressureInstruments,
    SteamPlant,
    TemperatureInstruments,
)

FAST = {"host": "127.0.0.1", "timeout_seconds": 0.5, "max_retries": 0, "sampling_rate_hz": 10.0}


@contextlib.asynccontextmanager
async def both(service, table):
    async with running("transformation", table), running(service, table):
        yield


async def last(bus, sensor):
    batches = await clean(bus, sensor)
    return batches[-1] if batches else None


async def everything(bus, sensors):
    found = {sensor: await last(bus, sensor) for sensor in sensors}
    return found if all(found.values()) else None


async def test_the_plants_pressures_arrive_with_their_references(nats_server, streams):
    instruments = Instruments(SteamPlant(seed=2))
    transmitters = PressureInstruments(instruments)
    async with PlantServer([transmitters.unit()]) as server:
        at = FAST | {"port": server.port}
        sensors = [
            at | {"sensor_id": "header"},
            at | {"sensor_id": "header_abs", "register_address": 8, "register_unit": "bara",
                  "pressure_type": "absolute"},
            at | {"sensor_id": "loss", "register_address": 10, "pressure_type": "differential",
                  "unit": "mbar", "register_unit": "bar", "max_pressure": 1000.0,
                  "temperature_register_address": 12},
        ]  # fmt: skip
        async with both("pressure_sensor", document(nats_server.url, pressure_sensor=sensors)):
            names = ["header", "header_abs", "loss", "loss-temperature"]
            found = await eventually(lambda: everything(streams, names))
    shown = transmitters.read()
    header, absolute, loss, cell = (found[name] for name in names)
    assert (header.unit, header.value[0]) == ("barg", pytest.approx(shown["main_steam_header"], rel=1e-5))
    barometer = instruments.plant.barometer_bar
    assert (absolute.unit, absolute.value[0]) == (
        "bara",
        pytest.approx(header.value[0] + barometer, rel=1e-5),
    )
    assert loss.quantity == "differential_pressure"
    assert loss.raw_value[0] == pytest.approx(1000 * shown["process_a_line_loss"], rel=1e-4)
    assert cell.value[0] == pytest.approx(shown["cell_temperature"], rel=1e-5)
    assert {batch.quality[0] for batch in found.values()} == {100}


async def test_a_burst_travels_in_one_message_and_arrives_whole(nats_server, streams):
    async with TcpPeer(Transmitters()) as peer:
        sensor = FAST | {"port": peer.port, "sensor_id": "p", "sampling_rate_hz": 4.0, "burst_mode_hz": 40.0}
        async with both("pressure_sensor", document(nats_server.url, pressure_sensor=[sensor])):
            batches = await eventually(lambda: enough(streams, "p", 20))
        messages = [batch for batch in await raw(streams) if batch.columns]
    assert 10 in [len(batch.columns[0].time) for batch in messages]  # the first may begin within a burst
    times = [moment for batch in batches for moment in batch.time]
    assert times == sorted(set(times))
    assert {value for batch in batches for value in batch.value} == {10.0}


async def enough(bus, sensor, samples):
    batches = await clean(bus, sensor)
    return batches if sum(len(batch.time) for batch in batches) >= samples else None


async def test_drift_is_an_event_of_its_sensor_and_lowers_the_clean_quality(nats_server, streams):
    transmitters = Transmitters()
    async with TcpPeer(transmitters) as peer:
        at = FAST | {"port": peer.port, "sampling_rate_hz": 100.0}
        sensors = [at | {"sensor_id": "first"}, at | {"sensor_id": "second", "register_address": 2}]
        async with both("pressure_sensor", document(nats_server.url, pressure_sensor=sensors)):
            await eventually(lambda: enough(streams, "second", 60))
            transmitters.units[1][1] = 10.0
            (event,) = await eventually(lambda: events(streams, "sensor_drift"))
            batch = await eventually(lambda: drifting(streams))
    assert event.subject_id == "second"
    assert event.facts["shift"] == pytest.approx(0.5, abs=0.01)
    assert max(batch.quality[-1:]) <= 70


async def drifting(bus):
    batch = await last(bus, "second")
    return batch if batch.status[-1] == Status.UNCERTAIN_SENSOR_NOT_ACCURATE else None


async def test_the_plants_temperatures_arrive_through_every_kind_of_sensor(nats_server, streams):
    instruments = Instruments(SteamPlant(seed=2))
    sensors = TemperatureInstruments(instruments)
    async with PlantServer([sensors.unit()]) as server:
        at = FAST | {"port": server.port}
        tables = [
            at | {"sensor_id": "linear"},
            at | {"sensor_id": "rtd", "signal": "ohms", "register_address": 4},
            at | {"sensor_id": "couple", "signal": "millivolts", "sensor_type": "thermocouple_k",
                  "register_address": 8, "cjc_register": 2},
        ]  # fmt: skip
        async with both("temperature_sensor", document(nats_server.url, temperature_sensor=tables)):
            names = ["linear", "rtd", "couple"]
            found = await eventually(lambda: everything(streams, names))
    header = instruments.plant.values("main_steam_header")
    saturated = steam.saturation_temperature_c(steam.absolute_pressure_bar(header.pressure))
    assert found["linear"].value[0] == pytest.approx(saturated, abs=0.5)
    assert found["couple"].value[0] == pytest.approx(saturated, abs=0.6)
    assert found["rtd"].value[0] == pytest.approx(instruments.read("process_a")["temperature"], abs=0.01)
    assert {(batch.unit, batch.quality[0]) for batch in found.values()} == {("°C", 100)}


async def test_a_broken_wire_is_an_event_of_its_sensor_and_no_clean_value(nats_server, streams):
    module = Module()
    async with TcpPeer(module) as peer:
        at = FAST | {"port": peer.port}
        tables = [
            at | {"sensor_id": "linear", "register_address": 5},
            at | {"sensor_id": "rtd", "signal": "ohms"},
        ]
        async with both("temperature_sensor", document(nats_server.url, temperature_sensor=tables)):
            await eventually(lambda: everything(streams, ["linear", "rtd"]))
            module.ohms = struct.unpack(">f", struct.pack(">I", 0x7F800000))[0]
            (event,) = await eventually(lambda: events(streams, "sensor_fault"))
            broken = await eventually(lambda: valueless(streams, "rtd"))
            healthy = await last(streams, "linear")
    assert (event.subject_id, event.facts["fault"]) == ("rtd", "open_circuit")
    assert (broken.status[-1], broken.quality[-1]) == (Status.BAD_SENSOR_FAILURE, 0)
    assert healthy.value[-1] == pytest.approx(184.1)


async def valueless(bus, sensor):
    batch = await last(bus, sensor)
    return batch if batch.value[-1] is None else None
