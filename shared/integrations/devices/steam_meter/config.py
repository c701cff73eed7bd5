"""Configuration of a steam meter, checked."""

from collections.abc import Iterable

from integrations.configuration import ConfigurationError, Fault
from integrations.messages import LONGEST_TOKEN, MessageError, check_token
from integrations.units import UnitError, UnknownUnitError, affine, parse_unit

from .fields import SteamMeterFields
from .flow_path import path_faults
from .kinds import DensityCompensation, FlowMeasurementType, HartTransport, MeterProtocol
from .readout import Readout
from .sources import source_kind

__all__ = [
    "DensityCompensation",
    "FlowMeasurementType",
    "HartTransport",
    "MeterProtocol",
    "SteamMeterConfig",
]

RANGES = (
    ("min_valid_flow", "max_valid_flow"),
    ("flow_min", "flow_max"),
    ("current_min_ma", "current_max_ma"),
)
"""Fields of which the first must be below the second."""


class SteamMeterConfig(SteamMeterFields, frozen=True):
    """A steam meter: where it is, how it is read, what it measures, which flows are believable.

    flow = raw × calibration_factor + calibration_offset, in `units`. The fields and their meaning are in
    SteamMeterFields; which of them a protocol looks at, in its module of `sources`.
    """

    def __repr__(self) -> str:
        # a Struct's own would show the password of an OPC UA user
        return f"SteamMeterConfig({self.meter_id!r}, {self.protocol.value}, {self.host}:{self.port})"

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together; the protocol's own and what it reads come last."""
        try:
            check_token("meter_id", self.meter_id)
        except MessageError:
            yield Fault("", "meter_id", self.meter_id, "must be letters, digits, _ or -, at most 128")
        for low, high in RANGES:
            if low == "current_min_ma" and self.protocol is MeterProtocol.ANALOG_4_20MA:
                continue  # the scaling of its currents says so
            if getattr(self, low) >= getattr(self, high):
                allowed = f"must be below {high} = {getattr(self, high):g}"
                yield Fault("", low, getattr(self, low), allowed)
        if self.calibration_factor == 0:
            yield Fault("", "calibration_factor", 0.0, "must not be 0")
        wrong_units = list(self._unit_faults())
        yield from wrong_units
        yield from self._source_faults(units_known=not wrong_units)

    def _unit_faults(self) -> Iterable[Fault]:
        try:
            parse_unit(self.units)
            affine(self.units, f"{self.total_unit}/h")
        except UnknownUnitError as error:
            known = error.unit == self.units
            why = str(error) if known else "a mass, volume or energy per time, or a power"
            yield Fault("", "units", self.units, f"must be a flow: {why}")
        except UnitError as error:
            yield Fault("", "units", self.units, f"must be a flow: {error}")

    def _source_faults(self, *, units_known: bool) -> Iterable[Fault]:
        kind = source_kind(self.protocol)
        found = list(kind.faults(self))
        yield from found
        if not found and units_known:
            try:
                readout = kind.readout(self)
            except ConfigurationError as error:
                yield from error.faults
                return
            yield from self._readout_faults(readout, kind.key)
            yield from path_faults(self, readout, kind.key)

    @property
    def _prefix(self) -> str:
        """What begins the names of the sensors; nothing where the meter's own id is a fault already."""
        try:
            return f"{check_token('meter_id', self.meter_id)}-"
        except MessageError:
            return ""

    def _readout_faults(self, readout: Readout, key: str) -> Iterable[Fault]:
        """Check that every quantity makes a sensor: its name goes into a subject, its unit can be read."""
        name = max(readout.names, key=len)
        excess = len(f"{self._prefix}{name}") - LONGEST_TOKEN
        if excess > 0 and len(self.meter_id) > LONGEST_TOKEN // 2:
            allowed = f"must be {excess} characters shorter, to begin the name of sensor <meter_id>-{name}"
            yield Fault("", "meter_id", self.meter_id, allowed)
            return
        for quantity in readout.quantities:
            try:
                check_token("sensor id", f"{self._prefix}{quantity.name}")
                if quantity.name != "flow_rate":
                    affine(quantity.unit, self.unit_of(quantity.name, quantity.unit))
            except (UnitError, MessageError) as error:
                yield Fault(key, quantity.name, quantity.unit, f"cannot be used: {error}")
