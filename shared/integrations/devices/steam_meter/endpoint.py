"""Where a meter, its analog module or its HART gateway is reached, in the words of the Modbus room."""

from integrations.devices.modbus_config import endpoint_of as modbus_endpoint
from integrations.devices.modbus_config import is_device_path
from integrations.protocols.modbus import ModbusEndpoint

from .fields import SteamMeterFields
from .kinds import MeterProtocol


def endpoint_of(fields: SteamMeterFields) -> ModbusEndpoint:
    """Return where and how the meter is reached; a device path as host means a serial line."""
    rtu = fields.protocol is MeterProtocol.MODBUS_RTU or is_device_path(fields.host)
    return modbus_endpoint(fields, rtu=rtu)
