"""What a register table may say."""

import pytest

from integrations.configuration import ConfigurationError
from integrations.protocols.modbus import (
    CDAB,
    FLOAT32,
    FLOAT64,
    STRING,
    UINT32,
    Function,
    Register,
    RegisterTable,
    read_registers,
)


def faults_of(build):
    with pytest.raises(ConfigurationError) as caught:
        build()
    return [str(fault) for fault in caught.value.faults]


def test_a_register_reads_as_a_line_of_the_manual():
    register = Register("flow_rate", 0, FLOAT32, unit="t/hr")
    assert (register.width, register.function, register.scale) == (2, Function.HOLDING, 1.0)


def test_toml_tables_and_plain_addresses_become_registers():
    known = (Register("totalizer", 2, UINT32, unit="t"),)
    entries = {
        "flow_rate": {"address": 0, "type": "float32", "order": "cdab", "function": "input", "unit": "t/hr"},
        "totalizer": 8,
        "status": 12,
    }
    assert read_registers(entries, known) == (
        Register("flow_rate", 0, FLOAT32, Function.INPUT, CDAB, unit="t/hr"),
        Register("totalizer", 8, UINT32, unit="t"),
        Register("status", 12),
    )


def test_every_fault_of_every_register_is_named_at_once():
    entries = {
        "a": {"address": 70000, "type": "float16"},
        "b": {"address": 65535, "type": "float64"},
        "c": "four",
        "d": {"address": 1, "skale": 2},
        "e": {"address": 3, "bit": 15, "bits": 2},
        "f": {"type": "int16"},
    }
    faults = faults_of(lambda: read_registers(entries))
    for start in ("registers.a.address", "registers.a.type", "registers.b.address must be at most 65532",
                  "registers.c must be an address or a table", "registers.d.skale is not a known key",
                  "registers.e.bits", "registers.f.address is missing"):  # fmt: skip
        assert any(fault.startswith(start) for fault in faults), (start, faults)


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"scale": 0.0}, "scale"),
        ({"length": 4}, "length"),
        ({"type": STRING}, "length"),
        ({"bits": 3}, "bits"),
        ({"type": FLOAT32, "bit": 1}, "bit"),
        ({"function": Function.COIL, "type": FLOAT32}, "type"),
        ({"not_available": 65536}, "not_available"),
        ({"not_available": -1}, "not_available"),
        ({"scale": float("nan")}, "scale"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(fields, key):
    assert faults_of(lambda: Register("x", 0, **fields))[0].startswith(key)


def test_overlapping_values_are_refused_by_name():
    registers = (Register("flow", 0, FLOAT32), Register("total", 1, UINT32))
    assert "total.address must not overlap flow" in faults_of(lambda: RegisterTable(registers))[0]


def test_the_same_address_in_two_functions_is_no_overlap():
    assert len(RegisterTable((Register("a", 0), Register("b", 0, function=Function.INPUT)))) == 2


def test_bit_fields_share_their_register_and_nothing_else_does():
    alarms = (Register("pressure", 9, bit=2), Register("state", 9, bit=0, bits=2))
    assert RegisterTable(alarms).names == ("pressure", "state")
    assert faults_of(lambda: RegisterTable((*alarms, Register("alarms", 9))))


def test_repeated_names_and_values_too_wide_for_a_request_are_refused():
    registers = (Register("a", 0, FLOAT64), Register("a", 10))
    faults = faults_of(lambda: RegisterTable(registers, max_registers_per_request=3))
    assert faults == [
        "a.name must be used once only, got 'a'",
        "a.width must fit max_registers_per_request = 3, got 4",
    ]


def test_a_table_without_values_is_refused():
    assert faults_of(lambda: RegisterTable(()))
