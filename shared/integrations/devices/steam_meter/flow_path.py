"""From the flow a meter gives to the flow that is handed on: which steps, and what they need.

meter's unit ─▶ (÷ k_factor) ─▶ t/hr, m³/h, m/s or kW ─▶ by density or enthalpy ─▶ the kind of `units`
"""

from collections.abc import Iterator
from dataclasses import dataclass

from integrations.configuration import MISSING, Fault
from integrations.units import UnitError, affine

from .fields import SteamMeterFields
from .flow_units import KIND_OF, FlowKind, flow_kind
from .kinds import DensityCompensation
from .readout import Readout

STEAM_QUANTITIES = ("pressure", "temperature", "density")
_BY_VOLUME = {FlowKind.VOLUME, FlowKind.VELOCITY}


@dataclass(frozen=True, slots=True)
class FlowPath:
    """The kinds of flow a conversion starts from and ends at, and whether it is corrected on the way."""

    start: FlowKind
    end: FlowKind
    compensation: DensityCompensation

    @property
    def needs_density(self) -> bool:
        """Whether the density of the steam must be known."""
        crosses = (self.start in _BY_VOLUME) != (self.end in _BY_VOLUME)
        return crosses or self.compensation is not DensityCompensation.NONE

    @property
    def needs_enthalpy(self) -> bool:
        """Whether the enthalpy of the steam must be known."""
        return (self.start is FlowKind.POWER) != (self.end is FlowKind.POWER)

    @property
    def needs_pipe(self) -> bool:
        """Whether the area of the pipe must be known."""
        return self.start is FlowKind.VELOCITY and self.end is not FlowKind.VELOCITY

    @property
    def is_plain(self) -> bool:
        """Whether units are all that is converted."""
        return self.start is self.end and self.compensation is DensityCompensation.NONE


def flow_path(fields: SteamMeterFields, unit: str) -> FlowPath | None:
    """Return the path of a flow that comes in `unit`; None when one of the units is no flow's."""
    start, end = flow_kind(unit), flow_kind(fields.units)
    if fields.k_factor is not None and start is FlowKind.FREQUENCY:
        start = KIND_OF[fields.measurement_type]
    if start is None or end is None or FlowKind.FREQUENCY in {start, end}:
        return None
    return FlowPath(start, end, fields.density_compensation)


def path_faults(fields: SteamMeterFields, readout: Readout, key: str) -> Iterator[Fault]:
    """Yield why the flow cannot be converted; `key` is the table that names the quantities."""
    flow = readout.quantities[readout.names.index("flow_rate")]
    path = flow_path(fields, flow.unit)
    if path is None:
        yield Fault(key, "flow_rate", flow.unit, f"cannot be used: {_why_not(flow.unit, fields.units)}")
        return
    yield from _factor_faults(fields, flow.unit)
    if path.start is not path.end and path.start is not KIND_OF[fields.measurement_type]:
        allowed = (
            f"cannot be used: a flow in {flow.unit} becomes {fields.units} under another measurement_type"
        )
        yield Fault("", "measurement_type", fields.measurement_type, allowed)
    if path.end is FlowKind.VELOCITY and path.start is not FlowKind.VELOCITY:
        yield Fault(
            "", "units", fields.units, f"must be a mass, volume or power flow, for a flow in {flow.unit}"
        )
    if path.needs_pipe and fields.pipe_diameter_mm is None:
        yield Fault("", "pipe_diameter_mm", MISSING, "is missing: a velocity needs it to become a flow")
    yield from _steam_faults(fields, readout, path)


def _why_not(unit: str, wanted: str) -> str:
    try:
        affine(unit, wanted)
    except UnitError as error:
        return str(error)
    return f"a flow in {unit} needs k_factor"


def _factor_faults(fields: SteamMeterFields, unit: str) -> Iterator[Fault]:
    if fields.k_factor is None:
        return
    if flow_kind(unit) is not FlowKind.FREQUENCY:
        yield Fault("", "k_factor", fields.k_factor, f"is for a flow in Hz, not in {unit}")
    elif KIND_OF[fields.measurement_type] is FlowKind.POWER:
        yield Fault("", "k_factor", fields.k_factor, "is for mass_flow, volumetric_flow or velocity")


def _steam_faults(fields: SteamMeterFields, readout: Readout, path: FlowPath) -> Iterator[Fault]:
    if path.compensation is not DensityCompensation.NONE:
        if path.start is not FlowKind.MASS:
            allowed = "is for a meter of mass flow: others are multiplied by the density itself"
            yield Fault("", "density_compensation", path.compensation, allowed)
        if fields.design_density_kg_m3 is None:
            yield Fault(
                "", "design_density_kg_m3", MISSING, "is missing: density_compensation starts from it"
            )
    given = set(STEAM_QUANTITIES) & set(readout.names)
    if path.needs_enthalpy and not given - {"density"}:
        yield Fault(
            "", "units", fields.units, f"needs the meter's pressure or temperature, for {path.start.value}"
        )
    elif path.needs_density and not given and fields.design_density_kg_m3 is None:
        allowed = "needs the meter's pressure and temperature, its density, or design_density_kg_m3"
        yield Fault("", "units", fields.units, allowed)
