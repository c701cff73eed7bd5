"""SteamMeterConnector on a real Modbus peer: readings, getters, totals, and what happens to them."""

import asyncio
import json
import math

import msgspec
import pytest

from fakes.meters import MeterRegisters
from fakes.modbus import SerialPeer, TcpPeer
from fakes.time import FakeTime
from integrations import SteamMeterConfig, SteamMeterConnector
from integrations.devices import ConnectionState, NotConnectedError
from integrations.devices.steam_meter import FlowReading, TotalizerState
from integrations.messages import Origin, Status
from integrations.protocols.modbus import CannotConnectError, ModbusTimeoutError


def config_of(peer, **fields):
    place = (
        {"host": peer.device, "port": 1}
        if hasattr(peer, "device")
        else {"host": "127.0.0.1", "port": peer.port}
    )
    return SteamMeterConfig(**{
        **place, "meter_id": "m", "timeout_seconds": 0.2, "max_retries": 0, "simulation": "never", **fields,
    })  # fmt: skip


class Bench:
    """A meter, its peer and its connector; the clocks are the test's, the sockets are real."""

    def __init__(self, **fields):
        self.fields = fields
        self.registers = MeterRegisters()
        self.time = FakeTime()
        self.events = []
        self.samples = []

    async def __aenter__(self):
        self.peer = await TcpPeer(self.registers).__aenter__()
        self.meter = SteamMeterConnector(config_of(self.peer, **self.fields), **self.time.options)
        self.meter.on_event(self.events.append)

        self.sampled = asyncio.Event()

        async def keep(sample):
            self.samples.append(sample)
            self.sampled.set()

        self.meter.on_sample(keep)
        return self

    async def __aexit__(self, *exc):
        await self.meter.disconnect()
        await self.peer.__aexit__()

    async def read(self, flow=None, total=None, after=1.0):
        """Let time pass without a grid poll, change the registers, and read."""
        self.time.seconds += after
        self.registers.flow = self.registers.flow if flow is None else flow
        self.registers.total = self.registers.total if total is None else total
        return await self.meter.read_flow()

    async def grid(self):
        """Let the next grid poll happen."""
        self.sampled.clear()
        await self.time.go_on(1.0)
        async with asyncio.timeout(5):
            await self.sampled.wait()
        return self.samples[-1]


async def test_connect_has_the_first_reading_and_the_getters_work_at_once():
    async with Bench() as bench:
        meter = bench.meter
        assert await meter.connect() is True
        assert meter.current_reading == FlowReading(
            timestamp=meter.latest.timestamp,
            flow_rate=42.0,
            totalizer=1000.0,
            velocity=31.0,
            density=5.0,
            temperature=184.0,
            pressure=10.0,
            quality_score=100.0,
            raw_value=42.0,
            unit="t/hr",
            meter_id="m",
            protocol="modbus_tcp",
        )
        assert meter.current_reading.timestamp.tzinfo is not None
        assert meter.get_averaged_flow(window_seconds=60) == 42.0
        assert meter.get_totalizer() == {
            "current_total": 1000.0,
            "lifetime_total": 1000.0,
            "rollover_count": 0,
            "last_update": meter.current_reading.timestamp,
            "unit": "t",
        }
        assert meter.get_flow_statistics() == {
            "count": 1, "min": 42.0, "max": 42.0, "avg": 42.0, "current": 42.0, "avg_quality": 100.0,
            "window_minutes": 60, "unit": "t/hr",
        }  # fmt: skip
        assert len(meter.reading_history) == 1


async def test_before_connect_there_is_nothing_and_reading_is_an_error():
    async with Bench() as bench:
        meter = bench.meter
        assert (meter.current_reading, meter.get_averaged_flow()) == (None, None)
        assert meter.get_flow_statistics(5) == {"error": "no flow reading in the last 5 minutes"}
        assert meter.totalizer_state == TotalizerState()
        assert meter.connection is None
        with pytest.raises(NotConnectedError, match=r"m at 127\.0\.0\.1:\d+ unit 1 is not connected"):
            await meter.read_flow()
        assert bench.peer.connections == 0


async def test_the_mean_is_weighted_by_time():
    async with Bench(averaging_window_seconds=30) as bench:
        await bench.meter.connect()
        await bench.read(flow=42, after=10)
        await bench.read(flow=62, after=2)
        assert bench.meter.get_averaged_flow() == pytest.approx((42 * 10 + 52 * 2) / 12)
        assert bench.meter.get_averaged_flow(5) == pytest.approx(52)
        assert bench.meter.get_averaged_flow(0) == 62
        bench.time.seconds += 100
        assert bench.meter.get_averaged_flow() is None
        statistics = bench.meter.get_flow_statistics(10)
        assert (statistics["count"], statistics["min"], statistics["max"]) == (3, 42, 62)


async def test_the_history_keeps_the_last_thousand():
    async with Bench() as bench:
        await bench.meter.connect()
        for _ in range(1010):
            bench.meter._accept(bench.meter.latest)
        assert len(bench.meter.reading_history) == 1000


async def test_calibration_is_for_the_flow_and_the_raw_value_stays():
    async with Bench(calibration_factor=2.0, calibration_offset=-4.0) as bench:
        await bench.meter.connect()
        reading = bench.meter.current_reading
        assert (reading.flow_rate, reading.raw_value, reading.totalizer) == (80.0, 42.0, 1000.0)


async def test_a_rollover_counts_once_and_is_told():
    async with Bench() as bench:
        bench.registers.total = 9_999_998
        await bench.meter.connect()
        await bench.read(total=3)
        await bench.read(total=4)
        totalizer = bench.meter.get_totalizer()
        assert (totalizer["current_total"], totalizer["rollover_count"]) == (4, 1)
        assert totalizer["lifetime_total"] == 10_000_004
        (event,) = bench.events
        assert event.kind == "totalizer_rollover"
        assert event.facts == {"before": 9_999_998, "after": 3, "unit": "t"}
        assert event.text == "totaliser went from 9999998 to 3 t: rollover"


async def test_flow_per_second_fills_a_totaliser_3600_times_as_fast():
    async with Bench(units="kg/s", max_valid_flow=100) as bench:
        bench.registers.total = 9_990_000
        await bench.meter.connect()
        await bench.read(total=141_200, after=3600)
        assert bench.meter.get_totalizer()["rollover_count"] == 1
        assert bench.meter.get_totalizer()["unit"] == "kg"


async def test_reset_counts_from_zero_and_leaves_the_register_alone():
    async with Bench() as bench:
        await bench.meter.connect()
        bench.meter.reset_totalizer()
        assert bench.meter.get_totalizer()["lifetime_total"] == 0
        await bench.read(total=1005)
        totalizer = bench.meter.get_totalizer()
        assert (totalizer["current_total"], totalizer["lifetime_total"]) == (1005, 5)


async def test_without_totaliser_it_is_neither_read_nor_shown():
    async with Bench(enable_totalizer=False) as bench:
        await bench.meter.connect()
        assert bench.meter.current_reading.totalizer == 0
        assert bench.meter.get_totalizer()["last_update"] is None
        assert "m-totalizer" not in {channel.sensor_id for channel in bench.meter.channels}


async def test_a_lost_poll_leaves_the_old_reading_with_its_old_time_marked_stale():
    async with Bench() as bench:
        await bench.meter.connect()
        fresh = bench.meter.current_reading
        bench.registers.silent = True
        lost = await bench.grid()
        assert math.isnan(lost.values[0])
        assert set(lost.status.tolist()) == {Status.BAD_TIMEOUT}
        stale = bench.meter.current_reading
        assert stale.stale
        assert (stale.timestamp, stale.flow_rate) == (fresh.timestamp, fresh.flow_rate)
        assert (stale.quality_score, stale.status) == (0, Status.UNCERTAIN_LAST_USABLE)
        assert list(bench.meter.reading_history) == [fresh]
        assert bench.meter.get_flow_statistics()["count"] == 1
        with pytest.raises(ModbusTimeoutError):
            await bench.meter.read_flow()
        bench.registers.silent = False
        assert (await bench.read(flow=43)).stale is False
        assert bench.meter.current_reading.flow_rate == 43


async def test_a_meter_without_flow_says_so_and_what_else_it_has_is_fresh():
    register_map = {"flow_rate": {"address": 0, "not_available": 0}, "pressure": 7, "totalizer": 2}
    async with Bench(register_map=register_map) as bench:
        await bench.meter.connect()
        before = bench.meter.current_reading
        reading = await bench.read(flow=0, total=1001)
        assert math.isnan(reading.flow_rate)
        assert (reading.status, reading.quality_score) == (Status.BAD_SENSOR_FAILURE, 0)
        assert (reading.raw_value, reading.pressure, reading.totalizer, reading.stale) == (
            None,
            10,
            1001,
            False,
        )
        assert reading.timestamp > before.timestamp
        assert bench.meter.get_averaged_flow() == 42


async def test_every_exception_of_the_device_is_an_error_with_its_name():
    async with Bench() as bench:
        await bench.meter.connect()
        bench.registers.exception_code = 4
        with pytest.raises(Exception, match=r"exception 4 \(server device failure\)"):
            await bench.meter.read_flow()
        lost = await bench.grid()
        assert set(lost.status.tolist()) == {Status.BAD_DEVICE_FAILURE}


async def test_a_device_that_restarts_is_read_again():
    async with Bench() as bench:
        await bench.meter.connect()
        await bench.peer.__aexit__()
        assert set((await bench.grid()).status.tolist()) == {Status.BAD_NO_COMMUNICATION}
        assert bench.meter.state is ConnectionState.RECONNECTING
        await bench.peer.__aenter__()
        bench.registers.flow = 50
        await asyncio.sleep(0.25)  # the line tells everybody for 0.2 s that it was refused
        await bench.grid()
        assert bench.meter.state is ConnectionState.CONNECTED
        assert bench.meter.current_reading.flow_rate == 50


async def test_silence_opens_the_breaker_and_an_answer_closes_it():
    async with Bench(circuit_failure_threshold=2, circuit_timeout_seconds=5, timeout_seconds=0.05) as bench:
        await bench.meter.connect()
        bench.registers.silent = True
        for _ in range(3):
            await bench.grid()
        asked = len(bench.peer.queries)
        assert bench.meter.state is ConnectionState.CIRCUIT_OPEN
        await bench.grid()
        assert len(bench.peer.queries) == asked
        bench.registers.silent = False
        for _ in range(8):
            await bench.grid()
        assert bench.meter.state is ConnectionState.CONNECTED
        assert bench.meter.get_metrics()["circuit_breaker"] == {"state": "closed", "failure_count": 0}


async def test_a_closed_port_does_not_connect():
    async with Bench() as bench:
        await bench.peer.__aexit__()
        assert await bench.meter.connect() is False
        assert bench.meter.state is ConnectionState.FAILED
        assert bench.meter.current_reading is None
        assert set(bench.samples[0].status.tolist()) == {Status.BAD_NO_COMMUNICATION}
        with pytest.raises(CannotConnectError):
            await bench.meter.read_flow()
        await bench.peer.__aenter__()


async def test_simulated_and_measured_never_mix():
    async with Bench(simulation="fallback") as bench:
        meter = bench.meter
        await meter.connect()
        await bench.read(flow=44, total=1001)
        await bench.peer.__aexit__()
        await bench.grid()
        assert meter.simulating
        assert meter.current_reading.origin is Origin.SIMULATED
        assert meter.current_reading.quality_score < 50
        assert (await meter.read_flow()).origin is Origin.SIMULATED
        assert meter.get_averaged_flow() == pytest.approx(60, rel=0.01)
        assert meter.get_totalizer()["current_total"] < 1
        await bench.peer.__aenter__()
        await asyncio.sleep(0.25)  # the line tells everybody for 0.2 s that it was refused
        bench.registers.total = 1002
        await bench.grid()
        reading = meter.current_reading
        assert (meter.simulating, reading.origin, reading.quality_score) == (False, Origin.MEASURED, 100)
        assert meter.get_averaged_flow() == pytest.approx((43 * 1 + 44 * 2) / 3)
        totalizer = meter.get_totalizer()
        assert (totalizer["lifetime_total"], totalizer["rollover_count"]) == (1002, 0)
        assert bench.events == []


async def test_a_meter_on_a_serial_line_is_read():
    registers = MeterRegisters()
    async with SerialPeer(registers) as peer:
        meter = SteamMeterConnector(config_of(peer, protocol="modbus_rtu", slave_address=7, baud_rate=115200))
        try:
            assert await meter.connect() is True
            assert (meter.current_reading.flow_rate, meter.current_reading.protocol) == (42.0, "modbus_rtu")
            assert peer.queries[0].unit == 7
            registers.flow = 43
            assert (await meter.read_flow()).flow_rate == 43
        finally:
            await meter.disconnect()


async def test_two_meters_of_one_gateway_share_its_line():
    async with TcpPeer(MeterRegisters()) as peer:
        meters = [
            SteamMeterConnector(config_of(peer, meter_id=f"m{unit}", slave_address=unit)) for unit in (1, 2)
        ]
        assert await asyncio.gather(*(meter.connect() for meter in meters)) == [True, True]
        assert meters[0].connection is meters[1].connection
        await meters[0].disconnect()
        assert (await meters[1].read_flow()).flow_rate == 42
        await meters[1].disconnect()


async def test_metrics_and_readings_are_plain_enough_for_json():
    async with Bench() as bench:
        await bench.meter.connect()
        assert json.loads(msgspec.json.encode(bench.meter.get_metrics()))["state"] == "connected"
        assert json.loads(msgspec.json.encode(bench.meter.current_reading))["origin"] == "measured"
        assert json.loads(msgspec.json.encode(bench.meter.get_totalizer()))["unit"] == "t"
