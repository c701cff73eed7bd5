"""What the connector computes from what it measures: return percentage and flash steam."""

import math

import pytest
from structlog.testing import capture_logs

from fakes.condensate import Bench
from integrations.messages import Origin, Status
from integrations.steam import FlashError, SubcooledError


async def test_return_percentage_against_a_register():
    async with Bench(register_map={"flow_rate": 0, "steam_flow": 12, "return_percentage": 4}) as bench:
        await bench.meter.connect()
        assert bench.meter.get_return_percentage() == pytest.approx(80)
        await bench.read(steam_flow=0.0)
        assert bench.meter.get_return_percentage() is None
        assert math.isnan(bench.meter.current_reading.return_percentage)
        assert bench.status("return_percentage") == Status.BAD_OUT_OF_RANGE


async def test_return_percentage_against_a_sensor_of_the_bus():
    async with Bench(steam_flow_sensor="header-flow_rate", steam_flow_max_age_seconds=30) as bench:
        meter, now = bench.meter, bench.time.now_ns
        assert meter.steam_flow_sensor == "header-flow_rate"
        await meter.connect()
        assert meter.get_return_percentage() is None
        meter.set_steam_flow(40.0, now())
        meter.set_steam_flow(10.0, now() - 1)
        await bench.read()
        assert meter.get_return_percentage() == pytest.approx(50)
        await bench.read(after=28)
        assert meter.get_return_percentage() == pytest.approx(50)
        await bench.read(after=2)
        assert meter.get_return_percentage() is None
        assert bench.status("return_percentage") == Status.BAD_NO_COMMUNICATION
        meter.set_steam_flow(40.0, now(), status=Status.UNCERTAIN)
        await bench.read()
        assert meter.get_return_percentage() == pytest.approx(50)
        assert bench.status("return_percentage") == Status.UNCERTAIN
        meter.set_steam_flow(None, now(), status=Status.BAD_SENSOR_FAILURE)
        await bench.read()
        assert meter.get_return_percentage() is None
        assert bench.status("return_percentage") == Status.BAD_SENSOR_FAILURE


async def test_a_simulated_steam_flow_never_meets_a_measured_condensate_flow():
    for simulated, expected in ((False, None), (True, 50.0)):
        async with Bench(steam_flow_sensor="header-flow_rate", simulated=simulated) as bench:
            bench.meter.set_steam_flow(40.0, bench.time.now_ns(), origin=Origin.SIMULATED)
            await bench.meter.connect()
            assert bench.meter.get_return_percentage() == expected


async def test_a_steam_flow_that_nobody_asked_for_changes_nothing():
    async with Bench() as bench:
        bench.meter.set_steam_flow(40.0, bench.time.now_ns())
        await bench.meter.connect()
        assert bench.meter.get_return_percentage() == 80


async def test_without_any_source_the_return_percentage_is_not_made_up():
    async with Bench(register_map={"flow_rate": 0}) as bench:
        await bench.meter.connect()
        assert bench.meter.get_return_percentage() is None
        assert math.isnan(bench.meter.current_reading.return_percentage)
        assert [channel.quantity for channel in bench.meter.channels] == ["flow_rate"]


async def test_flash_steam_of_a_configured_pressure_overrides_the_measured_one():
    async with Bench(upstream_pressure_barg=10.0, downstream_pressure_barg=1.0) as bench:
        await bench.meter.connect()
        assert bench.meter.current_reading.flash_steam_loss == pytest.approx(20 * 0.1253, abs=1e-3)
        assert bench.meter.calculate_flash_steam(10.0) == pytest.approx(20 * 0.1606, abs=1e-3)


async def test_flash_steam_of_condensate_as_warm_as_measured():
    async with Bench(flash_condensate="measured", upstream_pressure_barg=5.0) as bench:
        bench.registers.values["temperature"] = 140.0
        await bench.meter.connect()
        assert bench.meter.calculate_flash_steam(5.0) == pytest.approx(20 * 0.0754, abs=0.01)
        await bench.read(temperature=92.0)
        with pytest.raises(SubcooledError, match=r"condensate_temperature_c=92: nothing flashes"):
            bench.meter.calculate_flash_steam(5.0)
        await bench.read(temperature=170.0)
        with pytest.raises(FlashError, match="it is steam, not condensate"):
            bench.meter.calculate_flash_steam(5.0)


@pytest.mark.parametrize(
    ("drop", "words"), [(-0.5, "the pressure must not rise"), (8.1, "no saturation"), (math.inf, "-inf")]
)
async def test_a_pressure_drop_that_cannot_be_is_an_error(drop, words):
    async with Bench() as bench:
        await bench.meter.connect()
        with pytest.raises(ValueError, match=words):
            bench.meter.calculate_flash_steam(drop)


@pytest.mark.parametrize(
    ("fields", "values", "reason"),
    [
        ({"register_map": {"flow_rate": 0}}, {}, "upstream pressure is neither configured"),
        ({}, {"pressure": math.nan}, "upstream pressure is neither configured"),
        ({}, {"flow_rate": math.nan}, "condensate flow is not known"),
        (
            {"flash_condensate": "measured"},
            {"temperature": math.nan},
            "temperature is not known",
        ),
    ],
)
async def test_flash_steam_that_cannot_be_known_is_none_and_the_log_says_why(fields, values, reason):
    async with Bench(**fields) as bench:
        bench.registers.values |= values
        await bench.meter.connect()
        with capture_logs() as logs:
            assert bench.meter.calculate_flash_steam(3.0) is None
        (entry,) = [entry for entry in logs if entry["event"] == "flash steam is not known"]
        assert reason in entry["reason"]


async def test_a_doubtful_value_is_explained_once():
    async with Bench(downstream_pressure_barg=8.0) as bench:
        with capture_logs() as logs:
            await bench.meter.connect()
            for pressure in (6.0, 5.0, 9.0, 7.5):
                await bench.read(pressure=pressure)
        told = [entry for entry in logs if entry["event"] == "no sound value"]
        assert [entry["quantity"] for entry in told] == ["flash_steam_loss"] * 2
        assert "the pressure must not rise" in told[0]["reason"]
