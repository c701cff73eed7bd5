"""A SCADA system's configuration: the names and defaults that users know, and every fault by name."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from integrations.configuration import ConfigurationError, read_table
from integrations.devices import SimulationPolicy
from integrations.devices.scada import (
    DEVICE_CLASS,
    DataQuality,
    SCADAConnectionConfig,
    SCADAProtocol,
    SCADATag,
    TagConfig,
    TagType,
    expectations,
)
from integrations.devices.scada.endpoint import endpoint_of, password_of
from integrations.messages import check_token, token_from
from integrations.protocols.modbus import FLOAT32, RegisterType

HIDDEN = "hunter2"
LIMITED = {"writable": True, "min_value": 0.0, "max_value": 10.0}


def scada(**fields):
    return SCADAConnectionConfig(**{"host": "10.0.0.7", "port": 4840, **fields})


def faults(build, **fields):
    with pytest.raises(ConfigurationError) as caught:
        build(**fields)
    return [str(fault) for fault in caught.value.faults]


def modbus(*tags, **fields):
    return {"protocol": SCADAProtocol.MODBUS_TCP, "tags": tags, **fields}


def test_defaults_are_those_that_users_know():
    config = scada()
    known = {
        "protocol": SCADAProtocol.OPC_UA, "username": None, "password": None, "enable_subscriptions": True,
        "subscription_interval_ms": 1000, "timeout_seconds": 30, "simulation": SimulationPolicy.FALLBACK,
    }  # fmt: skip
    assert {name: getattr(config, name) for name in known} == known
    assert [each.name for each in SCADAProtocol] == ["OPC_UA", "OPC_DA", "MODBUS_TCP", "MODBUS_RTU"]
    assert [each.name for each in DataQuality] == ["GOOD", "BAD", "UNCERTAIN"]
    tag = SCADATag("T")
    assert (tag.last_value, tag.last_update, tag.quality) == (None, None, DataQuality.GOOD)


def test_the_default_tags_are_those_that_users_know_and_writing_is_off():
    config = scada()
    assert {tag.tag_name: tag.scan_rate for tag in config.table} == {
        "STEAM.HEADER.PRESSURE": 1000, "STEAM.HEADER.TEMPERATURE": 1000, "STEAM.HEADER.FLOW": 1000,
        "STEAM.CONDENSATE.RETURN": 2000, "STEAM.TRAP.STATUS": 5000, "STEAM.SETPOINT": 1000,
    }  # fmt: skip
    assert [tag.tag_name for tag in config.table if tag.writable] == ["STEAM.SETPOINT"]
    assert config.allow_writes is False
    assert config.table[0].node_text == "ns=2;s=STEAM.HEADER.PRESSURE"


def test_the_default_tags_are_registers_too():
    for protocol in (SCADAProtocol.MODBUS_TCP, SCADAProtocol.MODBUS_RTU):
        registers = scada(protocol=protocol).register_table(scada().table).registers
        assert [register.address for register in registers] == [0, 2, 4, 6, 8, 10]
        assert registers[0].type is FLOAT32
        assert registers[4].type is RegisterType.UINT16


def test_opc_da_names_the_way_out():
    (fault,) = faults(scada, protocol="opc_da")
    assert fault.startswith("protocol must be opc_ua, modbus_tcp or modbus_rtu: OPC DA is Windows COM")
    assert "OPC UA wrapper" in fault
    assert fault.endswith("got 'opc_da'")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"tag_name": ""}, "tag_name must be 1..128 characters long, got ''"),
        ({"engineering_units": "furlong/fortnite"}, "engineering_units must be a unit"),
        ({"node": "ns=2;x=1"}, "node cannot be read"),
        ({"node": "/Objects//"}, "node cannot be read"),
        ({"scan_rate": 5}, "scan_rate must be 10..86400000, got 5"),
        ({"deadband": -1.0}, "deadband must be at least 0, got -1"),
        ({"writable": True}, "min_value must be given: a number is written only between limits"),
        ({"writable": True, "data_type": "int"}, "min_value must be given"),
        ({"writable": True, "min_value": 0.0}, "max_value must be given"),
        ({"min_value": 5.0, "max_value": 4.0}, "min_value must be at most max_value = 4, got 5"),
        ({"min_value": float("nan"), "max_value": 4.0}, "min_value must be a finite number"),
        ({"max_value": float("inf")}, "max_value must be a finite number"),
    ],
)
def test_what_is_wrong_with_a_tag_is_said_by_name(fields, text):
    (fault,) = faults(TagConfig, **{"tag_name": "T", **fields})
    assert fault.startswith(text), fault


@pytest.mark.parametrize("kind", [TagType.BOOL, TagType.STRING])
def test_a_switch_or_text_needs_no_limits(kind):
    assert TagConfig("T", data_type=kind, writable=True).writable


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"scada_id": "a.b"}, "scada_id must be letters, digits, _ or -, got 'a.b'"),
        ({"port": 0}, "port must be 1..65535, got 0"),
        ({"subscription_interval_ms": 1}, "subscription_interval_ms must be 10..3600000, got 1"),
        ({"host": "/dev/ttyS0"}, "host must be a name or an address unless protocol is modbus_rtu"),
        ({"password": HIDDEN}, "username must be given with a password, got ''"),
        ({"password_file": "p"}, "username must be given with a password_file"),
        (
            {"username": "u", "password": HIDDEN, "password_file": "p"},
            "password_file must be left out beside password",
        ),
        ({"security_mode": "Sign"}, "security_mode must be None under security_policy None"),
        (
            {"security_policy": "Basic256Sha256", "security_mode": "None"},
            "security_mode must be Sign or SignAndEncrypt under security_policy Basic256Sha256",
        ),
        ({"user_certificate_file": "c"}, "user_key_file must be given"),
        (
            {"tags": (TagConfig("A.B"), TagConfig("A.B"))},
            "tags.tag_name must be used once only, got 'A.B'",
        ),
        (
            {"tags": (TagConfig("A.B"), TagConfig("A B"))},
            "tags.tag_name must differ from A.B in more than signs: both are A_B in subjects, got 'A B'",
        ),
        (
            {"tags": (TagConfig("x" * 128),)},
            "tags.tag_name must leave room for scada_id in a sensor id of 128",
        ),
        ({"host": "/dev/ttyS0", **modbus(TagConfig("A", address=0))}, "host must be a name or an address"),
        (
            {**modbus(TagConfig("A", address=0), slave_address=248), "protocol": "modbus_rtu"},
            "slave_address must be 1..247 on a serial line, got 248",
        ),
        (modbus(TagConfig("A")), "tags.A.address must be given: the first register of the tag, from 0"),
        (modbus(TagConfig("A", address=65535)), "tags.A.address"),
        (
            modbus(TagConfig("A", address=0, type="string", length=4)),
            "tags.A.type must fit data_type = float",
        ),
        (
            modbus(TagConfig("A", address=0, function="input", **LIMITED)),
            "tags.A.writable must be false: only whole holding registers are written",
        ),
        (
            modbus(TagConfig("A", data_type="bool", address=0, bit=3, writable=True)),
            "tags.A.writable must be false: only whole holding registers are written",
        ),
        (
            modbus(TagConfig("A", data_type="string", address=0, length=3, writable=True)),
            "tags.A.writable must be false for a string in registers",
        ),
        (
            modbus(TagConfig("A", address=0), TagConfig("B", address=1)),
            "tags.B.address must not overlap A (",
        ),
        (
            modbus(TagConfig("A", address=0), TagConfig("B", address=1, scan_rate=5000)),
            "tags.B.address must not overlap A (",
        ),
        (
            modbus(TagConfig("A", data_type="string", address=0, length=9), max_registers_per_request=8),
            "tags.A.width must fit max_registers_per_request = 8, got 9",
        ),
    ],
)
def test_what_is_wrong_is_said_by_name(fields, text):
    (fault,) = faults(scada, **fields)
    assert fault.startswith(text), fault
    assert HIDDEN not in fault


def test_all_that_is_wrong_is_said_at_once_and_by_place():
    table = {
        "host": "h", "port": 0, "scada_idd": "x",
        "tags": [{"tag_name": "A", "scan_rate": 1}, {"tag_name": "B", "node": "ns=2", "writable": True}],
    }  # fmt: skip
    with pytest.raises(ConfigurationError) as caught:
        read_table(SCADAConnectionConfig, table, "scada[0]")
    told = [str(fault) for fault in caught.value.faults]
    for start in (
        "scada[0].port must be 1..65535",
        "scada[0].scada_idd is not a known key",
        "scada[0].tags[0].scan_rate must be 10..86400000",
        "scada[0].tags[1].node cannot be read",
        "scada[0].tags[1].min_value must be given",
    ):
        assert any(fault.startswith(start) for fault in told), told


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=6))
def test_whatever_tags_are_called_their_sensor_ids_are_tokens_and_differ(names):
    assume(len({token_from(name) for name in names}) == len(names))
    config = scada(tags=tuple(TagConfig(name, node="i=2258") for name in names))
    ids = [config.sensor_id(tag) for tag in config.table]
    assert len(set(ids)) == len(names)
    for sensor_id in ids:
        check_token("sensor_id", sensor_id)


def test_neither_password_nor_its_file_is_shown():
    config = scada(username="operator", password=HIDDEN)
    endpoint = endpoint_of(config, HIDDEN)
    assert HIDDEN not in f"{config!r} {config} {[config]} {endpoint!r} {endpoint}"


def test_a_password_file_is_read_when_the_password_is_needed(tmp_path):
    file = tmp_path / "password"
    config = scada(username="operator", password_file=str(file))
    with pytest.raises(ConfigurationError, match="password_file must be a readable file"):
        password_of(config)
    file.write_bytes(b"\xff\n")
    with pytest.raises(ConfigurationError, match=r"readable file \(not text\)"):
        password_of(config)
    file.write_bytes(b"hunt er2 \r\nmore")
    assert password_of(config) == "hunt er2 "


def test_what_its_sensors_are_expected_to_say():
    text = TagConfig("BATCH", data_type="string")
    slow = TagConfig("SLOW", "", "float", "°C", 60_000, "temperature")
    fast = TagConfig("FAST", "", "float", "bar", 200, "pressure")
    reported = expectations(scada(scada_id="s", tags=(text, slow, fast)))
    assert reported.keys() == {"s-SLOW", "s-FAST"}
    assert (reported["s-SLOW"].quantity, reported["s-SLOW"].unit) == ("temperature", "°C")
    assert (reported["s-SLOW"].interval_seconds, reported["s-FAST"].interval_seconds) == (60, 10)
    polled = expectations(scada(scada_id="s", tags=(fast,), enable_subscriptions=False))
    assert polled["s-FAST"].interval_seconds == 0.2
    assert (DEVICE_CLASS.name, DEVICE_CLASS.id_key) == ("scada", "scada_id")


def test_the_sample_has_every_key_and_is_valid():
    from integrations.runtime.plant.settings import read_plant

    text = (files("integrations.devices.scada") / "sample.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    configs = read_plant(document, {}).devices["scada"]
    left_out = {"password", "user_certificate_file", "user_key_file"}
    assert all(f"# {key} = " in text for key in left_out)
    shown = document["scada"][0].keys()
    assert shown | left_out == set(SCADAConnectionConfig.__struct_fields__)
    own = {"scada_id", "host", "port", "allow_writes", "path", "username", "password_file", "security_policy",
           "security_mode", "simulation", "tags"}  # fmt: skip
    for key in shown - own:
        assert getattr(configs[0], key) == getattr(scada(), key), key
    tags = [tag for system in document["scada"] for tag in system["tags"]]
    assert set().union(*tags) == set(TagConfig.__struct_fields__)
    for key in ("data_type", "function", "offset", "bits"):
        assert next(tag[key] for tag in tags if key in tag) == getattr(TagConfig("T"), key), key
