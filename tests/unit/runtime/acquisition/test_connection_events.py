"""What a service tells of a connection names the device, and all of them where they share a unit."""

from fakes.pressures import config
from integrations.bus import OutboxSettings
from integrations.devices import ConnectionState, StateChange
from integrations.devices.pressure_sensor import DEVICE_CLASS
from integrations.messages import ContentType, Event, decode
from integrations.runtime.acquisition.service import Acquisition
from integrations.runtime.identity import Identity

IDENTITY = Identity("plant", "pressure_sensor", "one", "1.0")
LOST = StateChange(ConnectionState.CONNECTED, ConnectionState.RECONNECTING, "gone")
HEADER = config(sensor_id="header", host="10.1.2.3", port=502, modbus_address=7)
BRANCH = config(sensor_id="branch", host="10.1.2.3", port=502, modbus_address=7, register_address=2)


def told_of(tmp_path, *configs):
    """What is told of the only connection of these sensors when it is lost."""
    (connector,) = DEVICE_CLASS.connectors(configs)
    service = Acquisition(IDENTITY, ContentType.JSON, [connector], OutboxSettings(folder=str(tmp_path)))
    service._on_state(connector, LOST)
    (message,) = service.events.take()
    return decode(message.payload, Event)


def test_a_unit_that_several_sensors_share_is_named_itself_with_its_sensors(tmp_path):
    lost = told_of(tmp_path, HEADER, BRANCH)
    assert lost.subject_id == "10_1_2_3_502_unit_7"
    assert lost.facts["devices"] == "header, branch"
    assert lost.text == "header and 1 more at 10.1.2.3:502 unit 7 is reconnecting: gone"


def test_a_sensor_alone_in_its_unit_is_what_the_event_is_about(tmp_path):
    lost = told_of(tmp_path, BRANCH)
    assert (lost.subject_id, lost.facts["devices"]) == ("branch", "branch")
