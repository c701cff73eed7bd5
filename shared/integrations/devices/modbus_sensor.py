"""A sensor whose value stands in a register: its configuration, whatever it measures."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from integrations.configuration import ConfigurationError, Fault
from integrations.messages import MessageError, check_token
from integrations.protocols.modbus import ByteOrder, Function, Register, RegisterType

from .config import ConnectionConfig
from .modbus_config import LAST_RTU_ADDRESS, ModbusDeviceConfig, is_device_path


class ModbusProtocol(Enum):
    """How a Modbus device is read."""

    MODBUS_TCP = "modbus_tcp"
    MODBUS_RTU = "modbus_rtu"
    """Serial when `host` is a device path (/dev/ttyUSB0, COM3), else RTU frames over TCP to a gateway."""


_KEYS = {
    "address": "register_address",
    "type": "register_type",
    "function": "register_function",
    "order": "byte_order",
    "scale": "register_scale",
    "offset": "register_offset",
}
"""What a register calls its parts, and what a sensor's configuration calls them."""


class ModbusSensorConfig(ModbusDeviceConfig, frozen=True):
    """A sensor at a register of a Modbus unit; keys of its register left at None are as its class says.

    raw × register_scale + register_offset is the value in the register's unit.
    """

    sensor_id: Annotated[str, Meta(max_length=64)] = "sensor_1"
    protocol: ModbusProtocol = ModbusProtocol.MODBUS_TCP
    modbus_address: Annotated[int, Meta(ge=0, le=255)] = 1
    """Unit id; on a serial line 1..247."""
    register_address: Annotated[int, Meta(ge=0, le=65535)] = 0
    """0-based, as on the wire; with a preset, 0 is the preset's own."""
    register_type: RegisterType | None = None
    register_function: Function | None = None
    byte_order: ByteOrder | None = None
    register_scale: float | None = None
    register_offset: float | None = None
    not_available: int | float | None = None
    """Raw number by which the device says that it has no value."""
    max_registers_per_request: Annotated[int, Meta(ge=1, le=125)] = 125
    max_register_gap: Annotated[int, Meta(ge=0, le=124)] = 8
    sampling_rate_hz: Annotated[float, Meta(gt=0, le=1000)] = 1.0

    @property
    def is_rtu(self) -> bool:
        """Whether frames are RTU, on a serial line or over TCP."""
        return self.protocol is ModbusProtocol.MODBUS_RTU

    def register_from(self, start: Register, name: str) -> Register:
        """Return `start` under another name, with what this configuration says about the register.

        Raises:
            ConfigurationError: the keys contradict each other.
        """
        given = {part: getattr(self, key) for part, key in _KEYS.items()}
        given |= {"address": self.register_address or None, "not_available": self.not_available}
        said = {part: value for part, value in given.items() if value is not None}
        return msgspec.structs.replace(start, name=name, **said)

    def register_faults(self, start: Register) -> Iterable[Fault]:
        """Yield why `register_from(start)` fails, by this configuration's keys."""
        try:
            self.register_from(start, "register")
        except ConfigurationError as error:
            yield from (replace(fault, key=_KEYS.get(fault.key, fault.key)) for fault in error.faults)

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        try:
            check_token("sensor_id", self.sensor_id)
        except MessageError:
            yield Fault("", "sensor_id", self.sensor_id, "must be letters, digits, _ or -")
        if not self.is_rtu and is_device_path(self.host):
            yield Fault("", "host", self.host, "must be a name or an address unless protocol is modbus_rtu")
        if self.is_rtu and not 1 <= self.modbus_address <= LAST_RTU_ADDRESS:
            allowed = f"must be 1..{LAST_RTU_ADDRESS} on a serial line"
            yield Fault("", "modbus_address", self.modbus_address, allowed)
        if self.register_type is RegisterType.STRING:
            yield Fault("", "register_type", self.register_type, "must be a number's")


AnySensor = TypeVar("AnySensor", bound=ModbusSensorConfig)

SHARED = (
    *ConnectionConfig.__struct_fields__,
    *ModbusDeviceConfig.__struct_fields__,
    "protocol",
    "modbus_address",
    "max_registers_per_request",
    "max_register_gap",
    "sampling_rate_hz",
)
"""Keys in which sensors must agree to be read in one poll."""


def by_connection(configs: Sequence[AnySensor], *also: str) -> list[tuple[AnySensor, ...]]:
    """Group sensors that one poll can read: one unit, one rate, one patience, and the keys `also` alike."""
    groups: dict[tuple[Any, ...], list[AnySensor]] = {}
    for config in configs:
        key = tuple(getattr(config, name) for name in (*SHARED, *also))
        groups.setdefault(key, []).append(config)
    return [tuple(group) for group in groups.values()]
