"""Where a Modbus device is reached: configuration that all such devices share, and its endpoint."""

import re
from typing import Annotated, Literal

from msgspec import Meta

from integrations.protocols.modbus import ModbusEndpoint, Transport

from .config import ConnectionConfig

LONGEST_TIMEOUT_SECONDS = 300.0
LAST_RTU_ADDRESS = 247
"""MODBUS over Serial Line V1.02, §2.2: 248 to 255 are reserved, 0 is broadcast."""
_DEVICE_PATH = re.compile(r"/|\\\\\.\\|COM\d+$", re.IGNORECASE)


class ModbusDeviceConfig(ConnectionConfig, frozen=True):
    """A device that may hang on a serial line."""

    baud_rate: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1


def is_device_path(host: str) -> bool:
    """Whether `host` names a serial port: a path such as /dev/ttyUSB0, or COM3."""
    return _DEVICE_PATH.match(host) is not None


def endpoint_of(config: ModbusDeviceConfig, *, rtu: bool) -> ModbusEndpoint:
    """Return where and how a device is reached: Modbus TCP, or with `rtu` a serial line or RTU over TCP."""
    transport = Transport.TCP
    if rtu:
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
        timeout_seconds=min(config.timeout_seconds, LONGEST_TIMEOUT_SECONDS),
        connection_pool_size=config.connection_pool_size,
    )
