"""A meter on Modbus: its register map."""

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.configuration import MISSING, ConfigurationError, Fault
from integrations.devices.modbus_config import LAST_RTU_ADDRESS, is_device_path
from integrations.devices.modbus_source import ModbusSource
from integrations.devices.steam_meter.endpoint import endpoint_of
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.kinds import MeterProtocol
from integrations.devices.steam_meter.layout import layout_of
from integrations.devices.steam_meter.readout import MeterPoll, Quantity, Readout
from integrations.devices.steam_meter.registers import PRESETS
from integrations.protocols.modbus import ModbusLine, Register, RegisterType
from integrations.units import UnitError, parse_unit

from .kind import Clock, NowNs, SourceKind


def faults(fields: SteamMeterFields) -> Iterator[Fault]:
    """Check address and register map."""
    if fields.protocol is MeterProtocol.MODBUS_TCP and is_device_path(fields.host):
        yield Fault("", "host", fields.host, "must be a name or an address unless protocol is modbus_rtu")
    if fields.protocol is MeterProtocol.MODBUS_RTU and not 1 <= fields.slave_address <= LAST_RTU_ADDRESS:
        yield Fault(
            "", "slave_address", fields.slave_address, f"must be 1..{LAST_RTU_ADDRESS} on a serial line"
        )
    if fields.preset is not None and fields.preset not in PRESETS:
        yield Fault("", "preset", fields.preset, f"must be one of {', '.join(PRESETS)}")
    else:
        yield from _table_faults(fields)


def _table_faults(fields: SteamMeterFields) -> Iterator[Fault]:
    try:
        table = layout_of(fields).table
    except ConfigurationError as error:
        yield from error.faults
        yield from _unknown_units(fields.register_map)
        return
    if "flow_rate" not in table.names:
        yield Fault("register_map", "flow_rate", MISSING, "is missing: it says where the flow is read")
    for register in table.registers:
        if register.type is RegisterType.STRING:
            yield Fault(f"register_map.{register.name}", "type", register.type, "must be a number's")


def _unknown_units(register_map: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the units that nobody knows in a map that cannot be read for other reasons."""
    for name, entry in register_map.items():
        unit = entry.get("unit") if isinstance(entry, Mapping) else None
        if isinstance(unit, str):
            try:
                parse_unit(unit)
            except UnitError as error:
                yield Fault("register_map", name, unit, f"cannot be used: {error}")


def readout(fields: SteamMeterFields) -> Readout:
    """Return what the registers hold."""
    layout = layout_of(fields)
    quantities = tuple(
        Quantity(register.name, register.unit, resolution(register)) for register in layout.table.registers
    )
    return Readout(quantities, layout.alarms, layout.totalizer_rollover)


def resolution(register: Register) -> float:
    """Smallest step of a register's value; a float's is 0."""
    return 0.0 if register.type.is_float else abs(register.scale)


class ModbusMeter:
    """A ModbusSource that answers in the words of the meter."""

    def __init__(self, source: ModbusSource) -> None:
        self._source = source

    @property
    def connection(self) -> ModbusLine | None:
        """The line while it is held."""
        return self._source.line

    async def poll(self) -> MeterPoll:
        """Read the registers; errors as ModbusUnit.poll."""
        poll = await self._source.poll()
        return MeterPoll(poll.time_ns, poll.values, poll.status)

    async def close(self) -> None:
        """Give the line back."""
        await self._source.close()


def source(fields: SteamMeterFields, clock: Clock, now_ns: NowNs) -> ModbusMeter:
    """Return the meter's source."""
    return ModbusMeter(
        ModbusSource(
            endpoint_of(fields),
            fields.slave_address,
            layout_of(fields).table,
            timeout_seconds=fields.timeout_seconds,
            clock=clock,
            now_ns=now_ns,
        )
    )


def place(fields: SteamMeterFields) -> str:
    """Say which unit it is."""
    return f"unit {fields.slave_address}"


KIND = SourceKind(faults, readout, source, "register_map", place)
