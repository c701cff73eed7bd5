"""A meter on a 4–20 mA loop into a Modbus analog module."""

from collections.abc import Iterator

from msgspec.structs import replace

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_source import ModbusSource
from integrations.devices.steam_meter.endpoint import endpoint_of
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.flow_units import measured_unit
from integrations.devices.steam_meter.readout import MeterPoll, Quantity, Readout
from integrations.protocols.analog import (
    MODULES,
    AnalogInput,
    AnalogModuleError,
    AnalogUnit,
    Conditioner,
    module_of,
)
from integrations.protocols.modbus import ModbusLine

from .kind import Clock, NowNs, SourceKind
from .units import DEFAULT_UNITS


def faults(fields: SteamMeterFields) -> Iterator[Fault]:
    """Check module, channels and scaling."""
    if fields.register_map:
        allowed = "must be left out with protocol 4-20ma: analog_module says where the current is read"
        yield Fault("", "register_map", fields.register_map, allowed)
    if isinstance(fields.analog_module, str) and fields.analog_module not in MODULES:
        allowed = f"must be a table or one of {', '.join(MODULES)}"
        yield Fault("", "analog_module", fields.analog_module, allowed)
        return
    for name in {"flow_rate", "totalizer"} & fields.analog_inputs.keys():
        allowed = "must be left out: " + (
            "analog_channel is the flow's" if name == "flow_rate" else "a current cannot count"
        )
        yield Fault("analog_inputs", name, fields.analog_inputs[name].channel, allowed)
    try:
        inputs = inputs_of(fields)
    except ConfigurationError as error:
        # The flow's scaling is written in keys of the meter itself.
        keys = {"range_min": "flow_min", "range_max": "flow_max", "low_cutoff": "low_flow_cutoff"}
        yield from (
            Fault("", keys.get(each.key, each.key), each.value, each.allowed) for each in error.faults
        )
        return
    for name, one in inputs.items():
        try:
            module_of(fields.analog_module).current_register(one.channel)
        except (AnalogModuleError, ConfigurationError) as error:
            place = ("", "analog_channel") if name == "flow_rate" else (f"analog_inputs.{name}", "channel")
            yield Fault(*place, one.channel, f"cannot be used: {error}")


def inputs_of(fields: SteamMeterFields) -> dict[str, AnalogInput]:
    """Return the inputs by quantity, the flow first; an input without a unit has the usual one.

    Raises:
        ConfigurationError: the flow's scaling is impossible.
    """
    flow = AnalogInput(
        range_min=fields.flow_min,
        range_max=fields.flow_max,
        current_min_ma=fields.current_min_ma,
        current_max_ma=fields.current_max_ma,
        square_root=fields.square_root,
        low_cutoff=fields.low_flow_cutoff,
        channel=fields.analog_channel,
        unit=measured_unit(fields),
        damping_seconds=fields.damping_seconds,
    )
    others = {
        name: replace(one, unit=one.unit or DEFAULT_UNITS.get(name, ""))
        for name, one in fields.analog_inputs.items()
    }
    return {"flow_rate": flow, **others}


def readout(fields: SteamMeterFields) -> Readout:
    """Return the quantities; a module's counts are finer than its accuracy, so they have no steps."""
    return Readout(tuple(Quantity(name, one.unit) for name, one in inputs_of(fields).items()))


class AnalogMeter:
    """The inputs of a module that belong to one meter."""

    def __init__(self, source: ModbusSource, conditioner: Conditioner) -> None:
        self._source = source
        self._unit = AnalogUnit(source, conditioner)

    @property
    def connection(self) -> ModbusLine | None:
        """The module's line while it is held."""
        return self._source.line

    async def poll(self) -> MeterPoll:
        """Read the module; errors as ModbusUnit.poll."""
        poll = await self._unit.poll()
        return MeterPoll(poll.time_ns, poll.values, poll.status, float(poll.currents_ma[0]))

    async def close(self) -> None:
        """Give the line back."""
        await self._source.close()


def source(fields: SteamMeterFields, clock: Clock, now_ns: NowNs) -> AnalogMeter:
    """Return the meter's source."""
    conditioner = Conditioner(module_of(fields.analog_module), tuple(inputs_of(fields).values()))
    unit = ModbusSource(
        endpoint_of(fields),
        fields.slave_address,
        conditioner.table,
        timeout_seconds=fields.timeout_seconds,
        clock=clock,
        now_ns=now_ns,
    )
    return AnalogMeter(unit, conditioner)


def place(fields: SteamMeterFields) -> str:
    """Say which channel of which module it is."""
    return f"unit {fields.slave_address} channel {fields.analog_channel}"


KIND = SourceKind(faults, readout, source, "analog_inputs", place)
