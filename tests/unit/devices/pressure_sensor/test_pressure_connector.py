"""PressureSensorConnector on a real Modbus peer: readings, getters, drift, bursts, units that are gone."""

import asyncio
import json
import math

import msgspec
import numpy as np
import pytest

from fakes.modbus import SerialPeer
from fakes.pressures import SHORT_SECONDS, Bench, Transmitters, config
from integrations import PressureSensorConnector
from integrations.configuration import ConfigurationError
from integrations.devices import ConnectionState
from integrations.devices.points import PointSample
from integrations.devices.pressure_sensor import PressureReading, PressureType
from integrations.messages import Origin, Status, is_bad
from integrations.units import UnitError

HEADER = {"sensor_id": "header"}
BRANCH = {"sensor_id": "branch", "register_address": 2}
FAR = {"sensor_id": "far", "modbus_address": 2}
DROP = {"sensor_id": "drop", "register_address": 4, "pressure_type": PressureType.DIFFERENTIAL}


async def test_connect_has_the_first_readings_and_the_getters_work_at_once():
    async with Bench(HEADER, BRANCH) as bench:
        array = bench.array
        assert await array.connect() is True
        assert array.current_readings["header"] == PressureReading(
            timestamp=array.units[0].latest.timestamp,
            pressure=10.0,
            unit="bar",
            sensor_id="header",
            pressure_type=PressureType.GAUGE,
            raw_value=10.0,
        )
        assert array.get_pressure("header") == 10.0
        assert array.get_all_pressures() == {"header": 10.0, "branch": 9.5}
        assert array.get_differential_pressure("header", "branch") == 0.5
        assert list(array.reading_history["header"]) == [array.current_readings["header"]]
        assert len(bench.peer.queries) == 1
        assert json.loads(msgspec.json.encode(array.get_metrics()))["state"] == "connected"
        assert json.loads(msgspec.json.encode(array.current_readings))["branch"]["unit"] == "bar"


async def test_before_connect_there_is_nothing_and_an_unknown_sensor_never_has_a_pressure():
    async with Bench() as bench:
        assert bench.array.get_pressure("p") is None
        assert bench.array.get_all_pressures() == {}
        assert bench.array.get_pressure_profile() == []
        assert bench.array.get_differential_pressure("p", "p") is None
        await bench.array.connect()
        assert bench.array.get_pressure("nobody") is None
        assert bench.array.get_differential_pressure("p", "nobody") is None


async def test_quality_falls_out_of_range_and_when_a_pressure_changes_too_fast():
    async with Bench({"sensor_id": "p", "max_pressure_change_rate": 1.0}) as bench:
        await bench.array.connect()

        async def quality(value, after=1.0):
            return (await bench.read(value, after=after))["p"].quality_score

        assert await quality(10.9) == 100
        assert await quality(12.0) == 70
        assert await quality(12.0) == 100
        assert await quality(25.0, after=60) == 50
        assert await quality(-1.0, after=1) == 20
        assert await quality(0.0, after=60) == 100


async def test_the_change_rate_is_in_bar_whatever_the_unit():
    async with Bench({"sensor_id": "p", "unit": "psi", "max_pressure": 300.0}) as bench:
        await bench.array.connect()
        assert (await bench.read(80.0))["p"].quality_score == 100  # 70 psi are 4.8 bar
        assert (await bench.read(155.0))["p"].quality_score == 70  # 75 psi are 5.2 bar


async def test_not_a_number_is_a_failed_sensor_and_its_neighbours_go_on():
    async with Bench(HEADER, BRANCH) as bench:
        await bench.array.connect()
        readings = await bench.read(math.nan)
        assert (readings["header"].status, readings["header"].quality_score) == (Status.BAD_SENSOR_FAILURE, 0)
        assert readings["header"].raw_value is None
        assert bench.array.get_all_pressures() == {"branch": 9.5}
        readings = await bench.read(math.inf)
        assert readings["header"].status == Status.BAD_OUT_OF_RANGE
        assert bench.array.get_differential_pressure("header", "branch") is None
        await bench.read(10.0)
        assert bench.array.get_all_pressures() == {"header": 10.0, "branch": 9.5}


async def test_gauge_and_absolute_meet_over_the_barometer():
    absolute = BRANCH | {"pressure_type": PressureType.ABSOLUTE, "barometric_pressure_bar": 0.95}
    async with Bench(HEADER | {"barometric_pressure_bar": 0.95}, absolute, DROP) as bench:
        await bench.array.connect()
        assert bench.array.get_differential_pressure("header", "branch") == pytest.approx(10.0 + 0.95 - 9.5)
        with pytest.raises(ConfigurationError, match=r"drop.pressure_type must not be differential here"):
            bench.array.get_differential_pressure("header", "drop")


async def test_a_difference_is_in_the_unit_of_the_high_side():
    low = BRANCH | {"unit": "psi", "max_pressure": 300.0}
    async with Bench(HEADER | {"unit": "kPa", "max_pressure": 2000.0}, low) as bench:
        bench.transmitters.units[1] = [1000.0, 100.0]
        await bench.array.connect()
        expected = 1000.0 - 689.476
        assert bench.array.get_differential_pressure("header", "branch") == pytest.approx(expected, abs=0.01)


async def test_the_profile_is_in_each_sensors_unit_or_in_one():
    branch = BRANCH | {"unit": "psi", "max_pressure": 300.0}
    async with Bench(HEADER, branch, DROP) as bench:
        bench.transmitters.units[1] = [10.0, 145.038, 0.5]
        await bench.array.connect()
        header, other, drop = bench.array.get_pressure_profile()
        assert header == {
            "sensor_id": "header", "pressure": 10.0, "unit": "bar", "type": "gauge", "quality": 100.0,
            "timestamp": bench.array.current_readings["header"].timestamp, "origin": "measured",
            "skewed": False,
        }  # fmt: skip
        assert (other["pressure"], other["unit"]) == (pytest.approx(145.038), "psi")
        assert (drop["type"], drop["pressure"]) == ("differential", 0.5)
        in_bar = bench.array.get_pressure_profile("bar")
        assert [row["pressure"] for row in in_bar] == pytest.approx([10.0, 10.0, 0.5], rel=1e-5)
        with pytest.raises(UnitError):
            bench.array.get_pressure_profile("°C")


async def test_readings_taken_too_far_apart_are_not_compared():
    async with Bench(HEADER, FAR) as bench:
        bench.transmitters.units[2] = [7.0]
        await bench.array.connect()
        assert bench.array.get_differential_pressure("header", "far") == 3.0
        bench.time.seconds += 1.4
        await bench.array.units[0].sample()
        assert bench.array.get_differential_pressure("header", "far") == 3.0
        bench.time.seconds += 0.2
        await bench.array.units[0].sample()
        assert bench.array.get_differential_pressure("header", "far") is None
        assert [row["skewed"] for row in bench.array.get_pressure_profile()] == [False, True]


async def test_a_narrower_skew_may_be_asked_for():
    narrow = HEADER | {"max_time_skew_seconds": 0.1}
    async with Bench(narrow, FAR) as bench:
        bench.transmitters.units[2] = [7.0]
        await bench.array.connect()
        bench.time.seconds += 0.2
        await bench.array.units[0].sample()
        assert bench.array.get_differential_pressure("header", "far") is None


async def test_drift_is_told_lowers_quality_and_status_and_is_told_again_when_over():
    async with Bench(HEADER, BRANCH) as bench:
        await bench.array.connect()
        for _ in range(49):
            await bench.read(10.0, 9.5)
        assert bench.events == []
        for _ in range(51):
            readings = await bench.read(10.15)
        (began,) = bench.events
        assert (began.kind, began.sensor_id) == ("sensor_drift", "header")
        assert began.facts["shift"] == pytest.approx(0.15, abs=0.01)
        assert (began.facts["threshold"], began.facts["unit"]) == (0.1, "bar")
        assert "header reads 10.15 bar, +0.15 bar off its baseline of 10 bar" in began.text
        assert readings["header"].drifting
        assert readings["header"].quality_score == 70
        assert readings["header"].status == Status.UNCERTAIN_SENSOR_NOT_ACCURATE
        assert bench.samples[-1].status.tolist() == [Status.UNCERTAIN_SENSOR_NOT_ACCURATE, Status.GOOD]
        assert not readings["branch"].drifting
        assert bench.array.get_pressure("header") == pytest.approx(10.15)
        for _ in range(50):
            readings = await bench.read(10.0)
        assert [event.kind for event in bench.events] == ["sensor_drift", "sensor_drift_over"]
        assert (readings["header"].drifting, readings["header"].quality_score) == (False, 100)


async def test_a_new_set_point_is_no_drift_once_it_is_the_baseline():
    async with Bench() as bench:
        await bench.array.connect()
        for _ in range(50):
            await bench.read(10.0)
        bench.array.set_drift_baseline("p")
        for _ in range(120):
            await bench.read(12.0)
        assert bench.events == []
        with pytest.raises(KeyError):
            bench.array.set_drift_baseline("nobody")


async def test_a_burst_is_many_samples_in_one_message():
    async with Bench({"sensor_id": "p", "sampling_rate_hz": 1.0, "burst_mode_hz": 5.0}) as bench:
        await bench.array.connect()
        assert bench.samples == []
        assert bench.array.get_pressure("p") == 10.0
        for step in range(4):
            bench.transmitters.units[1][0] = 10.0 + 0.1 * (step + 1)
            calls = bench.array.metrics.total_calls
            await bench.time.go_on(0.2)
            await bench.answered(calls + 1)
        (message,) = bench.samples
        assert isinstance(message, PointSample)
        assert message.values == pytest.approx([10.0, 10.1, 10.2, 10.3, 10.4], rel=1e-6)
        assert message.channel.tolist() == [0] * 5
        assert np.diff(message.times).tolist() == pytest.approx([2e8] * 4, abs=1e6)
        assert bench.array.reading_history["p"][-1].pressure == pytest.approx(10.4)


async def test_what_a_burst_has_gathered_is_handed_on_at_the_end():
    async with Bench({"sensor_id": "p", "burst_mode_hz": 5.0}, {**BRANCH, "burst_mode_hz": 5.0}) as bench:
        await bench.array.connect()
        await bench.read(10.5)
        await bench.array.disconnect()
        (message,) = bench.samples
        assert message.values.tolist() == [10.0, 9.5, 10.5, 9.5]
        assert message.channel.tolist() == [0, 1, 0, 1]


async def test_a_burst_never_mixes_what_is_measured_with_what_is_simulated():
    async with Bench(
        {"sensor_id": "p", "burst_mode_hz": 5.0, "simulation": "fallback"}, timeout_seconds=SHORT_SECONDS
    ) as bench:
        await bench.array.connect()
        bench.transmitters.silent = {1}
        await bench.time.go_on(0.2)
        await bench.answered(2)
        await bench.array.disconnect()
        assert [sample.origin for sample in bench.samples] == [Origin.MEASURED, Origin.SIMULATED]
        assert [len(sample.values) for sample in bench.samples] == [1, 1]


async def test_a_dead_unit_behind_a_gateway_takes_nobody_with_it():
    async with Bench(HEADER, BRANCH, FAR, timeout_seconds=SHORT_SECONDS) as bench:
        assert await bench.array.connect() is True
        assert bench.array.state is ConnectionState.CONNECTED
        assert bench.array.get_all_pressures() == {"header": 10.0, "branch": 9.5}
        assert bench.array.get_pressure("far") is None
        assert not bench.array.health_status.is_healthy
        assert bench.array.health_status.metadata["connections"] == {"header": "connected", "far": "failed"}
        assert "far: " in bench.array.health_status.last_error
        assert [row["sensor_id"] for row in bench.array.get_pressure_profile()] == ["header", "branch"]


async def test_a_unit_that_answers_again_is_back_by_itself():
    async with Bench(HEADER, FAR, timeout_seconds=SHORT_SECONDS) as bench:
        bench.transmitters.units[2] = [7.0]
        await bench.array.connect()
        bench.transmitters.silent = {2}
        await bench.grid(samples=2)
        assert bench.array.get_all_pressures() == {"header": 10.0}
        bench.transmitters.silent = set()
        await asyncio.sleep(0.05 + SHORT_SECONDS)  # it is left alone as long as it made its neighbour wait
        await bench.grid(samples=2)
        assert bench.array.get_all_pressures() == {"header": 10.0, "far": 7.0}


async def test_a_lost_poll_leaves_old_readings_marked_and_the_getters_without_a_value():
    async with Bench(HEADER, BRANCH, timeout_seconds=SHORT_SECONDS) as bench:
        await bench.array.connect()
        bench.transmitters.silent = {1}
        lost = await bench.grid()
        assert all(is_bad(int(code)) for code in lost.status)
        stale = bench.array.current_readings["header"]
        assert (stale.stale, stale.pressure, stale.quality_score) == (True, 10.0, 0)
        assert stale.status == Status.UNCERTAIN_LAST_USABLE
        assert bench.array.get_all_pressures() == {}
        bench.transmitters.silent = set()
        await bench.grid()
        assert bench.array.get_all_pressures() == {"header": 10.0, "branch": 9.5}


async def test_nothing_answers_and_connect_says_so():
    async with Bench(HEADER, FAR, timeout_seconds=SHORT_SECONDS) as bench:
        bench.transmitters.silent = {1, 2}
        assert await bench.array.connect() is False
        assert bench.array.state is ConnectionState.FAILED
        assert bench.array.get_all_pressures() == {}


async def test_sensors_on_a_serial_line_are_read():
    async with SerialPeer(Transmitters()) as peer:
        array = PressureSensorConnector([
            config(host=peer.device, port=1, protocol="modbus_rtu", baud_rate=115200, sensor_id="p")
        ])  # fmt: skip
        try:
            assert await array.connect() is True
            assert array.get_pressure("p") == 10.0
        finally:
            await array.disconnect()
