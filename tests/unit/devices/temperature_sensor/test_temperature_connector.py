"""TemperatureSensorConnector on real Modbus peers: signals become temperatures, broken sensors faults."""

import asyncio
import json
import math
from contextlib import AsyncExitStack

import msgspec
import pytest

from fakes.modbus import TcpPeer
from fakes.tags import TagRegisters
from fakes.time import FakeTime
from integrations import TemperatureSensorConfig, TemperatureSensorConnector, TemperatureSensorType
from integrations.configuration import ConfigurationError
from integrations.devices import ConnectionState
from integrations.messages import Origin, Status

PT100 = {"signal": "ohms"}
TYPE_K = {"sensor_type": TemperatureSensorType.THERMOCOUPLE_K, "signal": "millivolts"}


class Bench:
    """Sensors on units with registers of their own; the clocks are the test's, the sockets are real."""

    def __init__(self, *sensors, **fields):
        """Make a sensor of each of `sensors`, whose `peer` says where it is; `fields` are of all of them."""
        self.time = FakeTime()
        self.events = []
        self._sensors = sensors
        self._fields = fields

    async def __aenter__(self):
        self._stack = await AsyncExitStack().__aenter__()
        names = {sensor.get("peer", "a") for sensor in self._sensors}
        self.registers = {name: TagRegisters() for name in sorted(names)}
        self.peers = {
            name: await self._stack.enter_async_context(TcpPeer(registers))
            for name, registers in self.registers.items()
        }
        configs = [self._config(at, dict(sensor)) for at, sensor in enumerate(self._sensors, 1)]
        self.connector = TemperatureSensorConnector(configs, **self.time.options)
        self.connector.on_event(self.events.append)
        self._stack.push_async_callback(self.connector.disconnect)
        self.sampled = {unit: asyncio.Event() for unit in self.connector.units}
        for unit, event in self.sampled.items():
            unit.on_sample(self._note(event))
        return self

    async def __aexit__(self, *exc):
        await self._stack.__aexit__(*exc)

    def _config(self, number, sensor):
        return TemperatureSensorConfig(**{
            "host": "127.0.0.1", "port": self.peers[sensor.pop("peer", "a")].port, "sensor_id": f"t{number}",
            "timeout_seconds": 0.5, "max_retries": 0, "simulation": "never", "smoothing_window": 1,
            **self._fields, **sensor,
        })  # fmt: skip

    @staticmethod
    def _note(event):
        async def note(sample):
            event.set()

        return note

    def ohms(self, value, address=0, peer="a"):
        self.registers[peer].set_float(address, value)

    async def poll(self, seconds=1.0):
        """Let the next grid poll of every unit happen."""
        for event in self.sampled.values():
            event.clear()
        await self.time.go_on(seconds)
        async with asyncio.timeout(5):
            for event in self.sampled.values():
                await event.wait()

    def reading(self, sensor="t1"):
        return self.connector.current_readings[sensor]


async def test_connect_has_the_first_readings_and_the_getters_work_at_once():
    async with Bench(PT100, {"register_address": 4}) as bench:
        bench.ohms(138.5055)
        bench.registers["a"].words[4] = 1841
        assert await bench.connector.connect() is True
        temperatures = bench.connector.get_all_temperatures()
        assert temperatures == {"t1": pytest.approx(100.0, abs=1e-3), "t2": pytest.approx(184.1)}
        assert bench.connector.get_temperature("t2") == temperatures["t2"]
        assert bench.connector.get_temperature("nobody") is None
        reading = bench.reading()
        assert (reading.unit, reading.sensor_id, reading.quality_score) == ("C", "t1", 100)
        assert reading.timestamp == bench.connector.units[0].latest.timestamp
        json.loads(msgspec.json.encode(reading))


async def test_before_connect_there_is_nothing():
    async with Bench(PT100) as bench:
        assert bench.connector.get_temperature("t1") is None
        assert bench.connector.get_all_temperatures() == {}
        assert bench.peers["a"].connections == 0


async def test_sensors_of_one_unit_are_read_in_one_poll_and_others_have_their_own():
    async with Bench(PT100, {**PT100, "register_address": 2}, {**PT100, "peer": "b"}) as bench:
        for peer, address in (("a", 0), ("a", 2), ("b", 0)):
            bench.ohms(100.0, address, peer)
        await bench.connector.connect()
        assert [len(peer.queries) for peer in bench.peers.values()] == [1, 1]
        assert bench.connector.get_all_temperatures().keys() == {"t1", "t2", "t3"}


@pytest.mark.parametrize(
    ("ohms", "fault"),
    [
        (4000.0, "open_circuit"),
        (math.inf, "open_circuit"),
        (0.5, "short_circuit"),
        (math.nan, "no_value"),
    ],
)
async def test_a_broken_rtd_is_a_fault_of_its_own_and_its_end_is_told(ohms, fault):
    async with Bench(PT100, {**PT100, "register_address": 2}) as bench:
        bench.ohms(138.5055)
        bench.ohms(138.5055, 2)
        await bench.connector.connect()
        bench.ohms(ohms)
        await bench.poll()
        reading = bench.reading()
        assert (reading.fault, reading.status) == (fault, Status.BAD_SENSOR_FAILURE)
        assert math.isnan(reading.temperature)
        assert reading.quality_score < 50
        assert bench.connector.get_all_temperatures().keys() == {"t2"}
        assert bench.connector.state is ConnectionState.CONNECTED
        await bench.poll()
        bench.ohms(138.5055)
        await bench.poll()
        assert [(event.kind, event.facts["fault"], event.facts["before"]) for event in bench.events] == [
            ("sensor_fault", fault, "none"), ("sensor_recovered", "none", fault),
        ]  # fmt: skip
        assert bench.events[0].text.startswith("t1 (rtd_pt100): ")
        assert bench.connector.get_temperature("t1") == pytest.approx(100.0, abs=1e-3)


async def test_a_temperature_that_the_sensor_cannot_have_is_a_fault_and_one_beyond_the_limits_is_not():
    async with Bench({"min_temp": 0.0, "max_temp": 150.0}) as bench:
        bench.registers["a"].words[0] = 1600
        await bench.connector.connect()
        assert (bench.reading().fault, bench.reading().status) == (None, Status.GOOD)
        assert bench.reading().quality_score < 100
        bench.registers["a"].words[0] = 9000
        await bench.poll()
        assert bench.reading().fault == "above_range"
        bench.registers["a"].words[0] = 0x10000 - 3000
        await bench.poll()
        assert bench.reading().fault == "below_range"
        assert [event.facts["fault"] for event in bench.events] == ["above_range", "below_range"]


async def test_a_thermocouple_is_compensated_and_one_without_cold_junction_has_no_temperature():
    async with Bench({**TYPE_K, "cjc_register": 8, "max_temp": 1000.0}) as bench:
        bench.ohms(4.096 - 1.000)  # NIST: 4.096 mV at 100 °C, 1.000 mV at 25 °C
        bench.registers["a"].words[8] = 250
        await bench.connector.connect()
        assert bench.connector.get_temperature("t1") == pytest.approx(100.0, abs=0.05)
        assert bench.reading().cjc_temperature == 25.0
        channels = [(channel.sensor_id, channel.unit) for channel in bench.connector.units[0].channels]
        assert channels == [("t1", "C"), ("t1-emf", "mV"), ("t1-cjc_temperature", "°C")]
        bench.registers["a"].words[8] = 9999
        await bench.poll()
        assert bench.connector.get_temperature("t1") is None
        assert bench.reading().fault == "cold_junction"


async def test_getters_show_the_mean_of_the_last_good_samples_and_the_bus_each_alone():
    samples = []

    async def keep(sample):
        samples.append(float(sample.values[0]))

    async with Bench({"smoothing_window": 3}) as bench:
        bench.connector.units[0].on_sample(keep)
        for number, tenths in enumerate((1000, 1010, 1020, 9999, 1030)):
            bench.registers["a"].words[0] = tenths
            await (bench.poll() if number else bench.connector.connect())
        assert bench.connector.get_temperature("t1") == pytest.approx(102.0)
        assert bench.reading().raw_value == pytest.approx(103.0)
        assert [None if math.isnan(each) else each for each in samples] == [100.0, 101.0, 102.0, None, 103.0]


async def test_a_change_that_is_too_fast_costs_quality_in_every_unit():
    async with Bench({"unit": "C"}, {"unit": "F"}, {"unit": "K"}, max_temp=800.0) as bench:
        bench.registers["a"].words[0] = 1000
        await bench.connector.connect()
        shown = bench.connector.get_all_temperatures()
        assert shown == {"t1": 100.0, "t2": pytest.approx(212.0), "t3": pytest.approx(373.15)}
        bench.registers["a"].words[0] = 1001  # 6 °C a minute
        await bench.poll()
        assert {reading.quality_score for reading in bench.connector.current_readings.values()} == {100}
        bench.registers["a"].words[0] = 1010
        await bench.poll()
        assert all(reading.quality_score < 100 for reading in bench.connector.current_readings.values())


async def test_a_unit_that_is_silent_costs_its_own_sensors_only():
    async with Bench(PT100, {**PT100, "peer": "b"}) as bench:
        for peer in ("a", "b"):
            bench.ohms(100.0, peer=peer)
        await bench.connector.connect()
        bench.registers["b"].silent = {0, 1}
        await bench.poll()
        assert bench.connector.get_all_temperatures().keys() == {"t1"}
        stale = bench.reading("t2")
        assert (stale.stale, stale.quality_score, stale.status) == (True, 0, Status.UNCERTAIN_LAST_USABLE)
        assert bench.connector.state is ConnectionState.CONNECTED
        assert bench.connector.health_status.is_healthy is False
        assert bench.events == []
        bench.registers["b"].silent = set()
        await bench.poll()
        assert bench.connector.get_all_temperatures().keys() == {"t1", "t2"}


async def test_with_nobody_there_it_simulates_only_where_it_may():
    async with Bench(PT100, {**TYPE_K, "cjc_temperature": 0.0, "max_temp": 1000.0}) as bench:
        bench.registers["a"].silent = set(range(64))
        assert await bench.connector.connect() is False
        assert bench.connector.get_all_temperatures() == {}
    async with Bench(PT100, {**TYPE_K, "cjc_temperature": 0.0}, simulation="fallback") as bench:
        bench.registers["a"].silent = set(range(64))
        assert await bench.connector.connect() is True
        assert bench.connector.get_all_temperatures().keys() == {"t1", "t2"}
        assert {each.origin for each in bench.connector.current_readings.values()} == {Origin.SIMULATED}
        assert all(each.quality_score < 50 for each in bench.connector.current_readings.values())
        assert bench.events == []


def test_two_sensors_with_one_id_are_an_error_that_names_both():
    sensor = TemperatureSensorConfig("h", 502, sensor_id="t")
    with pytest.raises(
        ConfigurationError, match=r"sensor_id must be used once only: configs\[0\] .*configs\[1\]"
    ):
        TemperatureSensorConnector([sensor, sensor])
