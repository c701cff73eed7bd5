"""Devices as addresses that people type."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.configuration import ConfigurationError
from integrations.protocols.modbus import Transport
from integrations.runtime.commissioning.targets import HartTarget, numbers_of, read_target


def test_a_modbus_device_by_name_and_unit():
    target = read_target("modbus://meter.example:1502?unit=1-3,7&timeout=0.5")
    assert (target.endpoint.host, target.endpoint.port, target.units) == ("meter.example", 1502, (1, 2, 3, 7))
    assert (target.endpoint.timeout_seconds, target.is_rtu) == (0.5, False)
    assert read_target("modbus://10.0.0.1").endpoint.port == 502


def test_a_serial_line_and_a_gateway_of_rtu():
    serial = read_target("modbus+rtu:///dev/ttyUSB0?baud=19200&parity=e&stop=2&unit=4").endpoint
    assert (serial.transport, serial.device, serial.settings) == (
        Transport.RTU, "/dev/ttyUSB0", "19200 baud 8E2",
    )  # fmt: skip
    assert read_target("modbus+rtu://COM3?unit=4").endpoint.device == "COM3"
    gateway = read_target("modbus+rtu://10.0.0.9:4001?unit=4").endpoint
    assert (gateway.transport, gateway.host, gateway.port) == (Transport.RTU_OVER_TCP, "10.0.0.9", 4001)


def test_hart_and_opc_ua():
    assert read_target("hart-ip://10.0.0.7?transport=tcp&address=0-2") == HartTarget(
        "10.0.0.7", 5094, "tcp", (0, 1, 2)
    )
    opcua = read_target("opc.tcp://[fd00::1]:4841/plant?policy=Basic256Sha256&username=gl003").endpoint
    assert opcua.address == "opc.tcp://[fd00::1]:4841/plant"
    assert (opcua.security_policy, opcua.username) == ("Basic256Sha256", "gl003")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.1", "address must begin with modbus://"),
        ("http://10.0.0.1", "address must begin with modbus://"),
        ("modbus://", "address.host must be given"),
        ("modbus://h:99999", "cannot be read: Port out of range"),
        ("modbus://h:0", "address.port must be 1..65535, got 0"),
        ("modbus://h?unit=1-300", "address.unit must be a number or a range in 0..255"),
        ("modbus://h?unit=five", "address.unit must be a number"),
        ("modbus+rtu:///dev/x?unit=250", "in 1..247"),
        ("modbus://h?baud=9600", "address.baud is not one of"),
        ("modbus+rtu:///dev/x?baud=fast", "address.baud must be a number"),
        ("modbus+rtu:///dev/x?parity=X", "address.parity must be"),
        ("modbus://h/path", "address.path must be left out"),
        ("hart-ip://h?address=64", "in 0..63"),
        ("hart-ip://h?transport=serial", "address.transport must be udp or tcp"),
        ("opc.tcp://h?policy=Basic128Rsa15", "address.security_policy must be"),
        ("opc.tcp://me:hidden@h", "must be without password"),
    ],
)
def test_what_cannot_be_is_named(text, said):
    with pytest.raises(ConfigurationError) as caught:
        read_target(text)
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)


@settings(max_examples=40)
@given(
    st.sampled_from(["", "modbus://", "modbus+rtu://", "opc.tcp://", "hart-ip://h?"]), st.text(max_size=30)
)
def test_any_text_is_read_or_refused_by_name(prefix, text):
    with suppress(ConfigurationError):
        assert read_target(prefix + text)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 20)), min_size=1))
def test_ranges_name_each_number_once(pairs):
    text = ",".join(f"{first}-{min(first + more, 255)}" for first, more in pairs)
    found = numbers_of("unit", text, 255)
    assert len(set(found)) == len(found)
    assert set(found) == {one for first, more in pairs for one in range(first, min(first + more, 255) + 1)}
