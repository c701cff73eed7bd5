"""The condensate meter belongs to the plant: its water is the steam that went out."""

import struct

import pytest

from integrations.configuration import ConfigurationError
from integrations.protocols.modbus import INT16, UINT16, Register, RegisterTable
from integrations.simulation import (
    CONDENSATE_TABLE,
    CondensateInstruments,
    FaultKind,
    Instruments,
    PlantFault,
    SteamPlant,
)
from integrations.simulation.modbus.memory import Memory

LEAK = PlantFault(FaultKind.CONTAMINATION, "condensate_return", 60.0, 120.0, 200.0)


def meter(*faults):
    instruments = Instruments(SteamPlant(seed=3), faults)
    return instruments, CondensateInstruments(instruments)


def test_flow_balances_with_the_steam_and_is_that_of_the_plants_own_point():
    instruments, condensate = meter()
    instruments.advance(120)
    shown, header = condensate.read(), instruments.read("main_steam_header")
    assert shown["flow_rate"] == instruments.read("condensate_return")["flow_rate"]
    assert shown["return_percentage"] == pytest.approx(100 * shown["flow_rate"] / header["flow_rate"])
    assert 70 < shown["return_percentage"] < 95
    assert shown["pressure"] == instruments.read("process_a")["pressure"]
    assert 88 < shown["temperature"] < 96


def test_water_is_pure_until_it_leaks_and_pure_again_afterwards():
    instruments, condensate = meter(LEAK)
    seen = {}
    for seconds in (59, 75, 170, 300):
        instruments.advance(seconds)
        seen[seconds] = condensate.read()
    assert seen[59]["conductivity"] == pytest.approx(8, abs=1.5)
    assert seen[59]["ph"] == pytest.approx(8.6, abs=0.2)
    assert seen[75]["conductivity"] == pytest.approx(8 + 200 * (1 - 2.718281828**-1), abs=2)
    assert seen[170]["conductivity"] == pytest.approx(208, abs=2)
    assert seen[170]["ph"] == pytest.approx(5.6, abs=0.2)
    assert seen[300]["conductivity"] == pytest.approx(8, abs=1.6)


def test_what_is_shown_depends_on_the_time_alone():
    one, other = meter(LEAK), meter(LEAK)
    for seconds in (10, 61, 70.5):
        one[0].advance(seconds)
    other[0].advance(70.5)
    assert one[1].read() == other[1].read()


def test_water_is_contaminated_only_where_it_is_analysed():
    with pytest.raises(ConfigurationError, match=r"target of contamination .*condensate_return.*'process_a'"):
        meter(PlantFault(FaultKind.CONTAMINATION, "process_a"))


def words(unit, count):
    memory = Memory(unit.table)
    memory.write(unit.values())
    return memory.answer(struct.pack(">BHH", 3, 0, count))[2:]


def test_the_unit_shows_what_the_instruments_say():
    instruments, condensate = meter()
    instruments.advance(5)
    shown = condensate.read()
    numbers = struct.unpack(">6f", words(condensate.unit(7), 12))
    assert numbers == pytest.approx([shown[name] for name in CONDENSATE_TABLE.names], rel=1e-6)
    assert condensate.unit(7).unit_id == 7


def test_the_unit_takes_a_table_and_units_of_ones_own():
    _, condensate = meter()
    table = RegisterTable(
        (
            Register("temperature", 0, INT16, scale=0.1, unit="°F"),
            Register("steam_flow", 1, UINT16, unit="kg/h"),
        )
    )
    temperature, steam_flow = struct.unpack(">hH", words(condensate.unit(1, table), 2))
    shown = condensate.read()
    assert temperature == pytest.approx((shown["temperature"] * 1.8 + 32) * 10, abs=1)
    assert steam_flow == pytest.approx(shown["steam_flow"] * 1000, abs=1)
    with pytest.raises(KeyError):
        condensate.unit(1, RegisterTable((Register("colour", 0),)))


def test_a_dead_meter_is_silent():
    instruments, condensate = meter(PlantFault(FaultKind.DEAD, "condensate_return", 1.0))
    unit = condensate.unit()
    assert not unit.condition().silent
    instruments.advance(2)
    assert unit.condition().silent
