"""Modules as tables, and their registers as values with a status."""

import numpy as np
import pytest

from integrations.configuration import ConfigurationError
from integrations.messages import Status
from integrations.protocols.analog import (
    MODULES,
    AnalogInput,
    AnalogModule,
    AnalogModuleError,
    Conditioner,
    module_of,
)
from integrations.protocols.modbus import Function, RegisterType, decode

E1242 = MODULES["moxa_e1242"]
CHANNEL_0 = (AnalogInput(),)


def conditioned(*registers, module=E1242, inputs=CHANNEL_0, status=None, time_ns=0):
    conditioner = Conditioner(module, inputs)
    codes = np.zeros(len(registers), np.uint32) if status is None else np.array(status, np.uint32)
    return conditioner(np.array(registers, np.float64), codes, time_ns)


def test_the_moxa_e1242_is_read_where_its_manual_says():
    current, status = E1242.current_register(3), E1242.status_register(3)
    assert (current.address, current.function, current.width) == (30516 - 30001, Function.INPUT, 1)
    assert (status.address, status.function) == (30580 - 30001, Function.INPUT)
    assert MODULES["moxa_e1240"].status_register(7).address == 30068 - 30001


@pytest.mark.parametrize(
    ("name", "counts", "current_ma"),
    [("moxa_e1242", 0, 4), ("moxa_e1242", 65535, 20), ("moxa_e1242", 21845, 9.3333),
     ("moxa_e1242_0_20ma", 0, 0), ("moxa_e1242_0_20ma", 65535, 20)],
)  # fmt: skip
def test_counts_become_milliamperes(name, counts, current_ma):
    from integrations.protocols.modbus import RegisterTable

    table = RegisterTable((MODULES[name].current_register(0),))
    assert decode(table, np.array([counts], np.uint16))[0] == pytest.approx(current_ma, abs=1e-4)


def test_a_signed_module_with_counts_of_its_own():
    from integrations.protocols.modbus import RegisterTable

    module = AnalogModule(
        address=10, type="int16", counts_min=-32768, counts_max=32767, current_from_ma=0, current_to_ma=20
    )
    table = RegisterTable((module.current_register(1),))
    assert table.registers[0].address == 11
    for counts, current in ((-32768, 0.0), (32767, 20.0), (0, 10.0)):
        words = np.array([counts], np.int16).view(np.uint16)
        assert decode(table, words)[0] == pytest.approx(current, abs=1e-3)


def test_wide_channels_lie_one_behind_the_other():
    module = AnalogModule(address=100, type="float32", counts_min=4, counts_max=20)
    register = module.current_register(2)
    assert (register.address, register.type, register.scale, register.offset) == (
        104, RegisterType.FLOAT32, 1, 0,
    )  # fmt: skip


def test_a_channel_that_the_module_does_not_have():
    with pytest.raises(AnalogModuleError, match=r"channel must be 0\.\.3 of this module, got 4"):
        E1242.current_register(4)


@pytest.mark.parametrize(
    ("word", "status"),
    [(0, Status.GOOD), (1, Status.BAD_SENSOR_FAILURE), (2, Status.UNCERTAIN_SENSOR_NOT_ACCURATE),
     (3, Status.UNCERTAIN_SENSOR_NOT_ACCURATE), (7, Status.UNCERTAIN), (np.nan, Status.UNCERTAIN)],
)  # fmt: skip
def test_what_the_module_says_of_a_channel_counts(word, status):
    found = conditioned(12.0, word)
    assert found.status.tolist() == [status]
    assert np.isnan(found.values[0]) == (status >= Status.BAD)
    assert found.currents_ma.tolist() == [12.0]


def test_the_graver_of_two_words_stands():
    assert conditioned(3.7, 1.0).status[0] == Status.BAD_SENSOR_FAILURE
    assert conditioned(3.0, 2.0).status[0] == Status.BAD_SENSOR_FAILURE
    assert conditioned(3.7, 0.0).status[0] == Status.UNCERTAIN_SENSOR_NOT_ACCURATE


def test_a_current_that_was_not_read_keeps_the_reason():
    found = conditioned(np.nan, np.nan, status=[Status.BAD_TIMEOUT, Status.BAD_TIMEOUT])
    assert found.status.tolist() == [Status.BAD_TIMEOUT]
    assert np.isnan(found.values).all()


def test_inputs_may_share_a_channel_and_come_in_any_order():
    inputs = (AnalogInput(channel=2, range_max=16), AnalogInput(channel=0), AnalogInput(channel=2))
    conditioner = Conditioner(E1242, inputs)
    assert conditioner.table.names == ("current_0", "current_2", "status_0", "status_2")
    found = conditioner(np.array([4.0, 12.0, 0.0, 1.0]), np.zeros(4, np.uint32), 0)
    assert found.status.tolist() == [Status.BAD_SENSOR_FAILURE, Status.GOOD, Status.BAD_SENSOR_FAILURE]
    assert found.values[1] == 0.0


def test_damping_comes_before_the_cut_off_so_that_a_shut_valve_ends_in_zero():
    conditioner = Conditioner(module_of(None), [AnalogInput(damping_seconds=10, low_cutoff=1.0)])
    status = np.zeros(1, np.uint32)
    seen = [conditioner(np.array([20.0]), status, 0).values[0]]
    seen += [
        conditioner(np.array([4.0]), status, second * 1_000_000_000).values[0] for second in range(1, 60)
    ]
    assert seen[0] == 100
    assert 1 <= seen[45] < 1.2
    assert seen[47] == 0.0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"counts_max": 0}, "counts_max must differ from counts_min, got 0"),
        ({"current_from_ma": 20}, "current_from_ma must be below current_to_ma = 20, got 20"),
        ({"type": "string"}, "type must be a number's in holding or input registers, got 'string'"),
        ({"function": "coil"}, "type must be a number's in holding or input registers"),
        ({"address": 70000}, "address must be 0..65535, got 70000"),
    ],
)
def test_a_module_that_cannot_be_says_why(fields, sentence):
    with pytest.raises(ConfigurationError) as caught:
        AnalogModule(**fields)
    assert sentence in str(caught.value)
