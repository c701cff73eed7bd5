"""Known maps held against what a device shows: its own is found, others are not believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from integrations.devices.steam_meter.registers import PRESETS
from integrations.protocols.modbus import CDAB, Function, Layout, RegisterTable, encode
from integrations.runtime.commissioning.known_maps import matches

SHOWN = {
    "totalizer": 1_234_567, "flow_rate": 4250, "pressure": 10.0, "temperature": 184.1, "water_flow": 4250,
    "power": 2740, "energy": 9_876_543, "alarm": 2, "volume_flow": 800, "viscosity": 0.015, "density": 5.6,
    "velocity": 31.5, "volume": 91_000, "temperature_2": 90, "temperature_3": 20,
}  # fmt: skip


def memory_of(registers, shown):
    table = RegisterTable(registers)
    image = encode(table, [shown.get(register.name, 0) for register in registers])
    memory = {}
    for block, words in Layout(table).split(image):
        memory.setdefault(block.function, {}).update(
            zip(range(block.address, block.end), words.tolist(), strict=True)
        )
    return memory


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_meter_is_known_by_its_map(name):
    first = matches(memory_of(PRESETS[name].registers, SHOWN))[0]
    assert (first.map.name, first.order) == (name, None)
    assert first.values["flow_rate"] == 4250


def test_temperature_and_pressure_of_saturated_steam_are_told():
    saturated = matches(memory_of(PRESETS["spirax_tva"].registers, SHOWN))[0]
    superheated = matches(memory_of(PRESETS["spirax_tva"].registers, SHOWN | {"temperature": 240}))[0]
    assert (saturated.is_saturated, superheated.is_saturated) == (True, False)


def test_a_meter_whose_menu_says_another_order_is_known_with_that_order():
    registers = tuple(
        structs.replace(one, order=CDAB if one.width > 1 else one.order)
        for one in PRESETS["spirax_rim20"].registers
    )
    first = matches(memory_of(registers, SHOWN))[0]
    assert (first.map.name, first.order) == ("spirax_rim20", CDAB)


def test_a_device_that_shows_nothing_fits_no_map():
    assert matches({Function.HOLDING: dict.fromkeys(range(1000), 0)}) == []
    assert matches({}) == []


WORDS_OF_A_TABLE = st.dictionaries(st.integers(0, 900), st.integers(0, 0xFFFF), max_size=40)


@settings(max_examples=25)
@given(st.fixed_dictionaries({Function.HOLDING: WORDS_OF_A_TABLE, Function.INPUT: WORDS_OF_A_TABLE}))
def test_any_memory_can_be_judged(memory):
    for match in matches(memory):
        assert 0.75 <= match.score <= 1
        assert not all(np.isnan(value) for value in match.values.values())
