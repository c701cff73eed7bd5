"""The pressure and the temperature unit belong to the plant: what they show is its steam and its water."""

import math
import struct

import pytest

from integrations import steam
from integrations.configuration import ConfigurationError
from integrations.protocols.modbus import UINT16, Register, RegisterTable
from integrations.simulation import (
    PRESSURE_TABLE,
    TEMPERATURE_TABLE,
    Instruments,
    PressureInstruments,
    SteamPlant,
    TemperatureInstruments,
    parse_faults,
)
from integrations.simulation.modbus.memory import Memory
from integrations.thermometry import PT100, PT1000, TYPE_K, TYPE_T, SensorFault

BY_SIGNAL = {"process_a_pt100": PT100, "process_b_pt1000": PT1000}
BY_EMF = {"main_steam_header_type_k": TYPE_K, "condensate_return_type_t": TYPE_T}


def plant(*faults, seconds=5.0, seed=3):
    instruments = Instruments(SteamPlant(seed), parse_faults(faults))
    instruments.advance(seconds)
    return instruments


def words(unit, address, count):
    memory = Memory(unit.table)
    memory.write(unit.values())
    return memory.answer(struct.pack(">BHH", 3, address, count))[2:]


def test_pressures_are_those_of_the_meters_and_fall_along_the_line():
    instruments = plant(seconds=120)
    shown = PressureInstruments(instruments).read()
    for point in ("main_steam_header", "process_a", "process_b", "condensate_return"):
        assert shown[point] == instruments.read(point)["pressure"]
    assert shown["process_a_line_loss"] == pytest.approx(
        shown["main_steam_header"] - shown["process_a"], abs=0.06
    )
    assert 43 <= shown["cell_temperature"] <= 47


def test_the_pressure_unit_shows_gauge_absolute_and_difference():
    instruments = plant()
    shown = PressureInstruments(instruments).read()
    numbers = struct.unpack(">7f", words(PressureInstruments(instruments).unit(4), 0, 14))
    absolute = shown["main_steam_header"] + instruments.plant.barometer_bar
    assert numbers == pytest.approx([
        *(shown[name] for name in PRESSURE_TABLE.names[:4]),
        absolute, shown["process_a_line_loss"], shown["cell_temperature"],
    ], rel=1e-6)  # fmt: skip


def test_steam_is_as_hot_as_its_pressure_says_through_every_kind_of_sensor():
    instruments = plant(seconds=60)
    shown = TemperatureInstruments(instruments).read()
    header = instruments.plant.values("main_steam_header")
    assert shown["main_steam_header"] == pytest.approx(header.temperature, abs=0.5)
    assert header.temperature == pytest.approx(
        steam.saturation_temperature_c(steam.absolute_pressure_bar(header.pressure))
    )
    felt = {name: model.temperature_c(shown[name]).temperature_c for name, model in BY_SIGNAL.items()} | {
        name: model.temperature_c(shown[name], shown["cold_junction"]).temperature_c
        for name, model in BY_EMF.items()
    }
    for name, temperature_c in felt.items():
        point = name.rpartition("_pt" if "_pt" in name else "_type")[0]
        assert temperature_c == pytest.approx(instruments.read(point)["temperature"], abs=0.01)
    assert 22 <= shown["cold_junction"] <= 28


def test_wires_break_and_touch_by_name_and_only_for_a_while():
    faults = ("open_circuit:process_a.temperature@5+10", "short_circuit:process_b.temperature@5")
    instruments = plant(*faults, seconds=6)
    sensors = TemperatureInstruments(instruments)
    shown = sensors.read()
    assert PT100.temperature_c(shown["process_a_pt100"]).fault == SensorFault.OPEN_CIRCUIT
    assert PT1000.temperature_c(shown["process_b_pt1000"]).fault == SensorFault.SHORT_CIRCUIT
    assert instruments.read("process_a")["temperature"] == pytest.approx(183, abs=3)
    instruments.advance(16)
    assert PT100.temperature_c(sensors.read()["process_a_pt100"]).fault == SensorFault.NONE
    assert PT1000.temperature_c(sensors.read()["process_b_pt1000"]).fault == SensorFault.SHORT_CIRCUIT


def test_a_broken_wire_is_the_highest_count_of_a_register_and_infinity_of_a_float():
    instruments = plant("open_circuit:main_steam_header.temperature")
    unit = TemperatureInstruments(instruments).unit()
    assert struct.unpack(">h", words(unit, 0, 1)) == (32767,)
    assert struct.unpack(">f", words(unit, 8, 2)) == (math.inf,)


def test_a_thermocouple_shorted_at_its_terminals_measures_them():
    sensors = TemperatureInstruments(plant("short_circuit:condensate_return.temperature"))
    shown = sensors.read()
    felt = TYPE_T.temperature_c(shown["condensate_return_type_t"], shown["cold_junction"])
    assert felt.temperature_c == pytest.approx(shown["cold_junction"])


@pytest.mark.parametrize(
    ("instruments", "device", "table"),
    [
        (PressureInstruments, "pressure_unit", PRESSURE_TABLE),
        (TemperatureInstruments, "temperature_unit", TEMPERATURE_TABLE),
    ],
)
class TestEachUnit:
    def test_what_it_shows_depends_on_the_time_alone(self, instruments, device, table):
        one, other = plant(seconds=3), plant(seconds=30.5)
        one.advance(30.5)
        assert instruments(one).read() == instruments(other).read()

    def test_it_can_be_dead_like_any_device_while_the_meters_go_on(self, instruments, device, table):
        broken = plant(f"dead:{device}@1+10", seconds=2)
        unit = instruments(broken).unit(9)
        assert (unit.unit_id, unit.table) == (9, table)
        assert unit.condition().silent
        assert not broken.condition("process_a").silent
        broken.advance(12)
        assert not unit.condition().silent

    def test_a_name_that_it_does_not_know_is_an_error(self, instruments, device, table):
        with pytest.raises(KeyError):
            instruments(plant()).unit(1, RegisterTable((Register("colour", 0, UINT16),)))

    def test_it_has_no_values_of_its_own_to_be_wrong(self, instruments, device, table):
        with pytest.raises(ConfigurationError, match="must start with one of the points"):
            plant(f"stuck:{device}.pressure")
        with pytest.raises(ConfigurationError, match="must start with one of the points"):
            plant(f"rollover:{device}")


def test_a_drifting_transmitter_drifts_in_the_unit_too():
    drifting = PressureInstruments(plant("drift:process_a.pressure@0=0.1", seconds=60)).read()
    healthy = PressureInstruments(plant(seconds=60)).read()
    assert drifting["process_a"] / healthy["process_a"] == pytest.approx(1.1)
    assert drifting["process_b"] == healthy["process_b"]
