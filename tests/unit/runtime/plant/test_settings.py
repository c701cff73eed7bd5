"""The plant's file and the environment, read together."""

import pytest

from fakes.header import header_table
from integrations.configuration import ConfigurationError
from integrations.devices import SimulationPolicy
from integrations.devices.classes import device_classes
from integrations.devices.steam_meter import MeterProtocol
from integrations.messages import ContentType
from integrations.runtime.plant.settings import load_plant, read_plant
from integrations.runtime.transformation.limits import cleaning_settings

METER = {"meter_id": "m", "host": "h", "port": 502}


def faults(document, environment=None):
    with pytest.raises(ConfigurationError) as caught:
        read_plant(document, environment or {})
    return [str(fault) for fault in caught.value.faults]


def only_meter(document, environment=None):
    (meter,) = read_plant(document, environment or {}).devices["steam_meter"]
    return meter


def test_nothing_said_is_a_plant_without_devices():
    plant = load_plant(None, {})
    assert (plant.site, plant.content_type, plant.bus.url) == ("plant1", ContentType.JSON, None)
    assert plant.devices == dict.fromkeys(device_classes(), ())


def test_a_service_never_simulates_unless_told():
    assert only_meter({"steam_meter": [METER]}).simulation is SimulationPolicy.NEVER
    told = {"defaults": {"simulation": "always"}, "steam_meter": [METER]}
    assert only_meter(told).simulation is SimulationPolicy.ALWAYS


def test_a_device_goes_before_the_defaults_and_those_before_the_environment():
    environment = {"CONNECTION_TIMEOUT": "7", "MAX_RETRIES": "9", "ENABLE_CIRCUIT_BREAKER": "off"}
    document = {
        "defaults": {"timeout_seconds": 5, "max_retries": 4},
        "steam_meter": [{**METER, "max_retries": 2}],
    }
    meter = only_meter(document, environment)
    assert (meter.timeout_seconds, meter.max_retries, meter.enable_circuit_breaker) == (5.0, 2, False)


def test_the_environment_goes_before_the_file_for_bus_site_and_format():
    document = {"site": "a", "content_type": "application/json", "nats": {"url": "nats://a:1"}}
    environment = {"SITE": "b", "CONTENT_TYPE": "application/msgpack", "NATS_URL": "nats://b:2"}
    plant = read_plant(document, environment)
    assert (plant.site, plant.content_type, plant.bus.url) == ("b", ContentType.MSGPACK, "nats://b:2")


def test_the_environment_says_what_the_bus_has_room_for():
    plant = read_plant(
        {"streams": {"replicas": 1}}, {"STREAM_REPLICAS": "3", "STREAM_STORAGE_BYTES": "99000000"}
    )
    assert (plant.streams.replicas, plant.streams.storage_bytes) == (3, 99_000_000)
    assert faults({}, {"STREAM_REPLICAS": "two"})[0].startswith("environment.STREAM_REPLICAS must be")


def test_the_environment_describes_a_meter_where_the_file_has_none():
    environment = {
        "STEAM_METER_HOST": "meter",
        "STEAM_METER_PORT": "1502",
        "STEAM_METER_PROTOCOL": "modbus_rtu",
    }
    meter = only_meter({}, environment)
    assert (meter.host, meter.port, meter.protocol) == ("meter", 1502, MeterProtocol.MODBUS_RTU)
    assert only_meter({"steam_meter": [METER]}, environment).host == "h"


def test_empty_variables_say_nothing():
    plant = read_plant(
        {}, dict.fromkeys(("SITE", "NATS_URL", "MAX_RETRIES", "SIMULATION", "CONTENT_TYPE"), "")
    )
    assert plant.site == "plant1"


def test_a_default_that_is_wrong_is_told_once_and_not_by_each_device():
    document = {"defaults": {"timeout_seconds": -1}, "steam_meter": [METER, {**METER, "meter_id": "n"}]}
    assert faults(document) == ["defaults.timeout_seconds must be greater than 0, got -1"]
    assert faults({"steam_meter": [METER]}, {"MAX_RETRIES": "-1"}) == [
        "environment.MAX_RETRIES must be 0..1000, got -1"
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"defaults": 5}, "defaults must be a table, got 5"),
        ({"nats": "nats://a"}, "nats must be a table, got 'nats://a'"),
        (
            {"steam_meter": {"host": "h"}},
            "steam_meter must be tables headed [[steam_meter]], got {'host': 'h'}",
        ),
        ({"steam_meter": [3]}, "steam_meter[0] must be a table, got 3"),
        ({"site": 3}, "site must be letters, digits, _ or -, and none of agent, task, collab, got 3"),
        ({"site": ""}, "site must be letters, digits, _ or -, and none of agent, task, collab, got ''"),
        (
            {"content_type": ["x"]},
            "content_type must be one of application/json, application/msgpack, got ['x']",
        ),
    ],
)
def test_a_table_that_is_something_else_is_named(document, said):
    assert faults(document) == [said]


def test_an_id_is_used_once():
    assert faults({"steam_meter": [METER, METER]}) == ["steam_meter.meter_id must be used once only, got 'm'"]
    nowhere = {"meter_id": "m"}
    assert faults({"steam_meter": [METER, nowhere]}) == [
        "steam_meter[1].host is missing",
        "steam_meter[1].port is missing",
        "steam_meter.meter_id must be used once only, got 'm'",
    ]


def test_a_sensor_must_not_be_called_as_another_devices_sensor_is():
    sensor = {"sensor_id": "m-flow_rate", "host": "h", "port": 502}
    assert faults({"steam_meter": [METER], "pressure_sensor": [sensor]}) == [
        "pressure_sensor.sensor_id must not be the name of a sensor of steam_meter 'm', got 'm-flow_rate'"
    ]
    assert read_plant({"steam_meter": [METER], "pressure_sensor": [sensor | {"sensor_id": "m-other"}]}, {})


def test_meters_on_one_serial_port_agree_on_its_settings():
    serial = {"host": "/dev/ttyUSB0", "port": 1, "protocol": "modbus_rtu", "baud_rate": 19200}
    first, second = {**serial, "meter_id": "a"}, {**serial, "meter_id": "b", "slave_address": 2}
    assert read_plant({"steam_meter": [first, second]}, {}).devices["steam_meter"]
    assert faults({"steam_meter": [first, {**second, "parity": "E", "baud_rate": 9600}]}) == [
        "steam_meter[1].baud_rate must be 19200 as for the others on /dev/ttyUSB0, got 9600",
        "steam_meter[1].parity must be 'N' as for the others on /dev/ttyUSB0, got 'E'",
    ]


def test_secrets_are_never_part_of_a_fault():
    environment = {"NATS_URL": "http://me:hunter2@bus", "NATS_PASSWORD": "hunter2", "NATS_TOKEN": "hunter2"}
    told = faults({"nats": {"user": "me"}}, environment)
    assert told
    assert "hunter2" not in " ".join(told)


def test_a_device_tells_the_transformation_what_to_expect():
    document = {
        "steam_meter": [{**METER, "max_valid_flow": 20, "sampling_rate_hz": 2, "units": "kg/h"}],
        "transformation": {"sensors": {"m-flow_rate": {"flatline_count": 5}}},
    }
    limits = cleaning_settings(read_plant(document, {})).sensors["m-flow_rate"]
    assert limits.max_valid == pytest.approx(0.02)  # t/hr, the unit it is published in
    assert limits.expected_interval_seconds == 0.5
    assert limits.flatline_count == 5


def test_probes_are_answered_only_where_a_port_is_given():
    assert read_plant({}, {}).http.port == 0
    document = {"http": {"host": "10.1.2.3", "port": 9100}}
    http = read_plant(document, {"GL003_HTTP_PORT": "9200"}).http
    assert (http.host, http.port) == ("10.1.2.3", 9200)


def test_a_port_for_probes_that_cannot_be_is_named_where_it_was_given():
    assert faults({"http": {"port": 99999}}) == ["http.port must be 0..65535, got 99999"]
    assert faults({}, {"GL003_HTTP_PORT": "many"})[0].startswith("environment.GL003_HTTP_PORT must be")


def test_every_fault_of_a_balance_is_told_with_all_others():
    broken = header_table(balance_id="twice")
    broken["mass"][0]["inflows"] = ["nowhere"]
    document = {"balances": [broken, header_table(period_seconds=0)], "streams": {"replicas": 0}}
    found = faults(document)
    assert any(fault.startswith("balances[0].variables.nowhere must be described") for fault in found)
    assert any(fault.startswith("balances[1].period_seconds must be") for fault in found)
    assert any(fault.startswith("streams.replicas") for fault in found)
    assert faults({"balances": {}}) == ["balances must be tables headed [[balances]], got {}"]


def test_balances_have_names_of_their_own():
    (fault,) = faults({"balances": [header_table(), header_table()]})
    assert fault == "balances.balance_id must be used once only, got 'steam_header'"
    (config,) = read_plant({"balances": [header_table()]}, {}).balances
    assert config.balance_id == "steam_header"


def test_what_an_outbox_may_keep_is_in_the_file_and_in_the_environment():
    document = {"outbox": {"folder": "/a", "max_bytes": 2**20, "max_age_hours": 2}}
    outbox = read_plant(document, {"OUTBOX_FOLDER": "/b", "OUTBOX_MAX_AGE_HOURS": "3"}).outbox
    assert (outbox.folder, outbox.max_bytes, outbox.max_age_hours) == ("/b", 2**20, 3.0)
    wrong = faults({}, {"OUTBOX_MAX_BYTES": "much", "OUTBOX_MAX_AGE_HOURS": "0"})
    assert wrong == [
        "environment.OUTBOX_MAX_BYTES must be a whole number, at least 1048576, got 'much'",
        "environment.OUTBOX_MAX_AGE_HOURS must be greater than 0 and at most 87600, got 0",
    ]


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path):
    file = tmp_path / "plant.toml"
    file.write_bytes(b'\xef\xbb\xbfsite = "windows"\r\n')
    assert load_plant(file, {}).site == "windows"


def test_a_wrong_site_or_format_is_told_where_it_stands():
    with pytest.raises(ConfigurationError) as caught:
        read_plant({"site": "fine"}, {"SITE": "a b", "CONTENT_TYPE": "xml"})
    places = [(fault.where, fault.key) for fault in caught.value.faults]
    assert places == [("environment", "SITE"), ("environment", "CONTENT_TYPE")]
