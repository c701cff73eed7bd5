"""Where a meter is reached, in the words of the Modbus room."""

from integrations.protocols.modbus import ModbusEndpoint, Transport

from .config import MeterProtocol, SteamMeterConfig, is_device_path


def endpoint_of(config: SteamMeterConfig) -> ModbusEndpoint:
    """Return where and how the meter is reached; a device path as host means a serial line."""
    transport = Transport.TCP
    if config.protocol is MeterProtocol.MODBUS_RTU:
        transport = Transport.RTU if is_device_path(config.host) else Transport.RTU_OVER_TCP
    serial = transport is Transport.RTU
    return ModbusEndpoint(
        transport=transport,
        host="" if serial else config.host,
        port=config.port,
        device=config.host if serial else "",
        baud_rate=config.baud_rate,
        parity=config.parity,
        stop_bits=config.stop_bits,
        timeout_seconds=min(config.timeout_seconds, 300),
        connection_pool_size=config.connection_pool_size,
    )
