"""Where a meter is reached, in the words of the Modbus room."""

from integrations.devices.modbus_config import endpoint_of as modbus_endpoint
from integrations.protocols.modbus import ModbusEndpoint

from .config import MeterProtocol, SteamMeterConfig


def endpoint_of(config: SteamMeterConfig) -> ModbusEndpoint:
    """Return where and how the meter is reached; a device path as host means a serial line."""
    return modbus_endpoint(config, rtu=config.protocol is MeterProtocol.MODBUS_RTU)
