"""CondensateMeterConnector on a real Modbus peer: readings, getters, events, and what happens to them."""

import asyncio
import json
import math

import msgspec
import pytest

from fakes.condensate import Bench, CondensateRegisters, config_of
from fakes.modbus import SerialPeer
from integrations import CondensateMeterConnector
from integrations.devices import ConnectionState, NotConnectedError
from integrations.devices.condensate_meter import CondensateReading
from integrations.messages import Origin, Status
from integrations.protocols.modbus import CannotConnectError, ModbusTimeoutError


async def test_connect_has_the_first_reading_and_the_getters_work_at_once():
    async with Bench() as bench:
        meter = bench.meter
        assert await meter.connect() is True
        assert meter.current_reading == CondensateReading(
            timestamp=meter.latest.timestamp,
            flow_rate=20.0,
            temperature=92.0,
            return_percentage=80.0,
            flash_steam_loss=None,
            quality_ph=8.5,
            conductivity=10.0,
            quality_score=100.0,
            pressure=7.0,
            meter_id="m",
        )
        assert meter.get_condensate_flow() == 20.0
        assert meter.get_return_percentage() == 80.0
        assert meter.calculate_flash_steam(pressure_drop_bar=7.0) == pytest.approx(20 * 0.1340, abs=1e-3)
        assert list(meter.reading_history) == [meter.current_reading]


async def test_before_connect_there_is_nothing_and_reading_is_an_error():
    async with Bench() as bench:
        meter = bench.meter
        assert meter.current_reading is None
        assert meter.get_condensate_flow() is None
        assert meter.get_return_percentage() is None
        assert meter.calculate_flash_steam(3.0) is None
        with pytest.raises(NotConnectedError, match=r"m at 127\.0\.0\.1:\d+ unit 1 is not connected"):
            await meter.read_condensate()
        assert bench.peer.connections == 0


async def test_without_analysis_there_is_neither_ph_nor_conductivity_nor_contamination():
    async with Bench(enable_quality_analysis=False) as bench:
        bench.registers.values["ph"] = 3.0
        await bench.meter.connect()
        reading = bench.meter.current_reading
        assert (reading.quality_ph, reading.conductivity, reading.contamination) == (None, None, ())
        assert bench.events == []
        assert max(query.address + query.count for query in bench.peer.queries) == 8


async def test_contamination_is_told_when_it_begins_and_when_it_ends_and_not_between():
    async with Bench() as bench:
        await bench.meter.connect()
        for conductivity in (51, 60, 49, 46, 44, 48, 51):
            await bench.read(conductivity=conductivity)
        assert [event.kind for event in bench.events] == [
            "contamination_began", "contamination_ended", "contamination_began",
        ]  # fmt: skip
        began, ended, _ = bench.events
        assert began.text == "condensate contamination began: conductivity 51 µS/cm is beyond 50"
        assert began.facts == {
            "cause": "conductivity_high", "quantity": "conductivity", "value": 51.0, "limit": 50.0,
            "unit": "µS/cm",
        }  # fmt: skip
        assert ended.text == "condensate contamination ended: conductivity 44 µS/cm is back within 45"
        assert bench.meter.current_reading.contamination == ("conductivity_high",)
        assert bench.meter.current_reading.quality_score == 100


async def test_acid_and_alkaline_condensate_are_told_apart():
    async with Bench() as bench:
        await bench.meter.connect()
        for ph in (6.9, 7.2, 7.3, 9.6, 9.3, 9.2):
            await bench.read(ph=ph)
        assert [
            (event.kind, event.facts["cause"], round(event.facts["value"], 2)) for event in bench.events
        ] == [
            ("contamination_began", "ph_low", 6.9),
            ("contamination_ended", "ph_low", 7.3),
            ("contamination_began", "ph_high", 9.6),
            ("contamination_ended", "ph_high", 9.2),
        ]


async def test_a_broken_electrode_is_no_contamination_and_ends_none():
    async with Bench() as bench:
        await bench.meter.connect()
        await bench.read(ph=math.nan)
        await bench.read(ph=-3.0)
        assert bench.events == []
        assert bench.meter.current_reading.quality_ph is None
        await bench.read(ph=5.0)
        await bench.read(ph=math.nan)
        assert bench.meter.current_reading.contamination == ("ph_low",)
        assert len(bench.events) == 1


async def test_flow_out_of_range_or_too_fast_costs_what_the_validators_weights_say():
    async with Bench() as bench:
        await bench.meter.connect()
        assert (await bench.read(after=60, flow_rate=51.0)).quality_score == 50
        assert (await bench.read(after=60, flow_rate=40.0)).quality_score == 100
        assert (await bench.read(after=60, flow_rate=-11.0)).quality_score == 20
        assert (await bench.read(after=6, flow_rate=-1.0)).quality_score == 20
        assert (await bench.read(after=60, flow_rate=1.0)).quality_score == 100
        assert (await bench.read(after=6, flow_rate=6.5)).quality_score == 70


async def test_pumps_that_start_and_stop_are_no_spikes_when_the_limit_is_off():
    async with Bench(max_flow_change_rate=0.0) as bench:
        await bench.meter.connect()
        assert (await bench.read(after=1, flow_rate=0.0)).quality_score == 100


async def test_a_lost_poll_leaves_the_old_reading_marked_stale_and_the_getters_without_a_value():
    async with Bench() as bench:
        await bench.meter.connect()
        fresh = bench.meter.current_reading
        bench.registers.silent = True
        lost = await bench.grid()
        assert set(lost.status.tolist()) == {Status.BAD_TIMEOUT}
        stale = bench.meter.current_reading
        assert stale.stale
        assert (stale.timestamp, stale.flow_rate) == (fresh.timestamp, fresh.flow_rate)
        assert (stale.quality_score, stale.status) == (0, Status.UNCERTAIN_LAST_USABLE)
        assert bench.meter.get_condensate_flow() is None
        assert bench.meter.get_return_percentage() is None
        assert bench.meter.calculate_flash_steam(3.0) is None
        with pytest.raises(ModbusTimeoutError):
            await bench.meter.read_condensate()
        bench.registers.silent = False
        assert (await bench.read(flow_rate=21.0)).stale is False
        assert bench.meter.get_condensate_flow() == 21


async def test_a_device_that_restarts_is_read_again():
    async with Bench() as bench:
        await bench.meter.connect()
        await bench.peer.__aexit__()
        assert set((await bench.grid()).status.tolist()) == {Status.BAD_NO_COMMUNICATION}
        assert bench.meter.state is ConnectionState.RECONNECTING
        await bench.peer.__aenter__()
        await asyncio.sleep(0.25)  # the line tells everybody for 0.2 s that it was refused
        await bench.grid()
        assert bench.meter.state is ConnectionState.CONNECTED


async def test_a_closed_port_does_not_connect():
    async with Bench() as bench:
        await bench.peer.__aexit__()
        assert await bench.meter.connect() is False
        assert bench.meter.current_reading is None
        with pytest.raises(CannotConnectError):
            await bench.meter.read_condensate()
        await bench.peer.__aenter__()


async def test_simulated_and_measured_never_mix():
    async with Bench(simulation="fallback") as bench:
        meter = bench.meter
        await meter.connect()
        await bench.read(conductivity=80.0)
        await bench.peer.__aexit__()
        await bench.grid()
        reading = meter.current_reading
        assert (reading.origin, reading.contamination) == (Origin.SIMULATED, ())
        assert reading.quality_score < 50
        assert meter.get_condensate_flow() == pytest.approx(30, rel=0.06)
        assert meter.get_return_percentage() == pytest.approx(82)
        await bench.peer.__aenter__()
        await asyncio.sleep(0.25)  # the line tells everybody for 0.2 s that it was refused
        await bench.grid()
        reading = meter.current_reading
        assert (reading.origin, reading.quality_score) == (Origin.MEASURED, 100)
        assert reading.contamination == ("conductivity_high",)
        assert len(bench.events) == 1


async def test_a_meter_on_a_serial_line_is_read():
    async with SerialPeer(CondensateRegisters()) as peer:
        config = config_of(peer, protocol="modbus_rtu", slave_address=7, baud_rate=115200)
        meter = CondensateMeterConnector(config)
        try:
            assert await meter.connect() is True
            assert meter.get_condensate_flow() == 20
            assert peer.queries[0].unit == 7
        finally:
            await meter.disconnect()


async def test_metrics_and_readings_are_plain_enough_for_json():
    async with Bench(register_map={"flow_rate": 0}) as bench:
        await bench.meter.connect()
        assert json.loads(msgspec.json.encode(bench.meter.get_metrics()))["state"] == "connected"
        reading = json.loads(msgspec.json.encode(bench.meter.current_reading))
        assert (reading["origin"], reading["return_percentage"]) == ("measured", None)
