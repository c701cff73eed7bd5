"""Broken wires, lost cold junctions and outages, as a temperature unit on a real Modbus peer shows them."""

import json
import math

import msgspec
import pytest

from fakes.modbus import SerialPeer
from fakes.temperatures import COUPLE, LINEAR, OHMS, SHORT_SECONDS, Bench, Module, config
from integrations import TemperatureSensorConnector
from integrations.messages import Status, is_bad


@pytest.mark.parametrize(("unit", "shown"), [("C", 100.0), ("F", 212.0), ("K", 373.15)])
async def test_readings_are_in_the_unit_that_is_asked_for(unit, shown):
    async with Bench(OHMS | {"unit": unit, "max_temp": 900.0}) as bench:
        await bench.array.connect()
        assert bench.array.get_temperature("ohms") == pytest.approx(shown, abs=0.001)
        assert bench.array.current_readings["ohms"].unit == unit
        assert bench.samples[0].values[0] == pytest.approx(shown, abs=0.001)


@pytest.mark.parametrize(
    ("shown", "fault", "words", "event_signal"),
    [
        ({"ohms": 1e6}, "open_circuit", "open circuit, its register shows 1e+06 ohm", 1e6),
        ({"ohms": math.inf}, "open_circuit", "open circuit, its register shows no value", None),
        ({"ohms": 0.4}, "short_circuit", "short circuit, its register shows 0.4 ohm", 0.4),
        ({"ohms": 15.0}, "below_range", "below the sensor's range, its register shows 15 ohm", 15.0),
        ({"ohms": 395.0}, "above_range", "above the sensor's range, its register shows 395 ohm", 395.0),
        ({"ohms": math.nan}, "no_value", "no value, its register shows no value", None),
    ],
)
async def test_a_broken_sensor_is_an_event_and_no_number_and_its_neighbours_go_on(
    shown, fault, words, event_signal
):
    async with Bench(OHMS, LINEAR) as bench:
        await bench.array.connect()
        reading = (await bench.read(**shown))["ohms"]
        assert (reading.fault, reading.status) == (fault, Status.BAD_SENSOR_FAILURE)
        assert (reading.quality_score, reading.raw_value) == (0, None)
        assert math.isnan(reading.temperature)
        assert bench.array.get_all_temperatures() == {"linear": pytest.approx(184.1)}
        await bench.read()
        (event,) = bench.events
        assert (event.kind, event.sensor_id) == ("sensor_fault", "ohms")
        assert event.text == f"ohms (rtd_pt100): {words}"
        assert (event.facts["fault"], event.facts["signal"]) == (fault, pytest.approx(event_signal))
        assert json.loads(msgspec.json.encode(event.facts))["unit"] == "ohm"
        assert (await bench.read(ohms=100.0))["ohms"].temperature == pytest.approx(0.0, abs=1e-6)
        assert [one.kind for one in bench.events] == ["sensor_fault", "sensor_recovered"]
        assert bench.events[1].sensor_id == "ohms"


async def test_a_burnt_out_thermocouple_and_a_lost_cold_junction_are_told_apart():
    async with Bench(COUPLE) as bench:
        await bench.array.connect()
        assert (await bench.read(millivolts=math.inf))["couple"].fault == "open_circuit"
        millivolts = Module().millivolts
        reading = (await bench.read(millivolts=millivolts, cold_c=300.0))["couple"]
        assert (reading.fault, reading.cjc_temperature) == ("cold_junction", None)
        assert [event.facts["fault"] for event in bench.events] == ["open_circuit", "cold_junction"]
        assert (await bench.read(cold_c=25.0))["couple"].temperature == pytest.approx(300, abs=0.01)


async def test_the_cold_junction_is_compensated_by_voltage_and_not_by_temperature():
    async with Bench(COUPLE) as bench:
        await bench.array.connect()
        readings = await bench.read(cold_c=40.0, millivolts=11.2083 - 0.6118)
        assert readings["couple"].temperature == pytest.approx(300.0, abs=0.05)
        assert readings["couple"].cjc_temperature == 40.0


async def test_a_bad_sample_is_not_smoothed_over_and_not_smoothed_in():
    async with Bench(OHMS | {"smoothing_window": 5}) as bench:
        await bench.array.connect()
        await bench.read(ohms=1e6)
        assert bench.array.get_temperature("ohms") is None
        await bench.read(ohms=138.5055)
        assert bench.array.get_temperature("ohms") == pytest.approx(100.0, abs=0.001)


async def test_after_a_long_outage_the_mean_begins_anew():
    async with Bench(LINEAR | {"smoothing_window": 5}) as bench:
        await bench.array.connect()
        await bench.read(after=600.0, linear_c=20.0)
        assert bench.array.get_temperature("linear") == 20.0


async def test_a_lost_poll_leaves_old_readings_marked_and_says_nothing_about_the_sensor():
    async with Bench(OHMS, LINEAR, timeout_seconds=SHORT_SECONDS) as bench:
        await bench.array.connect()
        bench.module.silent = {1}
        lost = await bench.grid()
        assert all(is_bad(int(code)) for code in lost.status)
        stale = bench.array.current_readings["ohms"]
        assert (stale.stale, stale.quality_score, stale.status) == (True, 0, Status.UNCERTAIN_LAST_USABLE)
        assert stale.temperature == pytest.approx(100.0, abs=0.001)
        assert bench.array.get_all_temperatures() == {}
        assert bench.events == []
        bench.module.silent = set()
        await bench.grid()
        assert set(bench.array.get_all_temperatures()) == {"ohms", "linear"}


async def test_sensors_on_a_serial_line_are_read():
    async with SerialPeer(Module()) as peer:
        line = {"host": peer.device, "port": 1, "protocol": "modbus_rtu", "baud_rate": 115200}
        array = TemperatureSensorConnector([config(**line, **LINEAR)])
        try:
            assert await array.connect() is True
            assert array.get_temperature("linear") == pytest.approx(184.1)
        finally:
            await array.disconnect()
