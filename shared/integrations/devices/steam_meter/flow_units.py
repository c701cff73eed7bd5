"""Which kind of flow a unit measures, and the unit in which a meter gives its own."""

from enum import Enum

from integrations.units import UnitError, compatible

from .fields import SteamMeterFields
from .kinds import FlowMeasurementType


class FlowKind(Enum):
    """Kinds of flow by the unit in which they are computed with."""

    MASS = "t/hr"
    VOLUME = "m3/h"
    VELOCITY = "m/s"
    POWER = "kW"
    FREQUENCY = "Hz"


KIND_OF = {
    FlowMeasurementType.MASS_FLOW: FlowKind.MASS,
    FlowMeasurementType.VOLUMETRIC_FLOW: FlowKind.VOLUME,
    FlowMeasurementType.VELOCITY: FlowKind.VELOCITY,
    FlowMeasurementType.ENERGY_FLOW: FlowKind.POWER,
}


def flow_kind(unit: str) -> FlowKind | None:
    """Return what a flow in `unit` is; None when the unit is unknown or no flow's."""
    for kind in FlowKind:
        try:
            if compatible(unit, kind.value):
                return kind
        except UnitError:
            return None
    return None


def measured_unit(fields: SteamMeterFields) -> str:
    """Return the unit in which the meter gives its flow, unless its own map says another."""
    if fields.measured_units is not None:
        return fields.measured_units
    if fields.k_factor is not None:
        return str(FlowKind.FREQUENCY.value)
    kind: FlowKind = KIND_OF[fields.measurement_type]
    # A meter of mass flow whose `units` are m³/h or MW has always been one of just that.
    if kind in {FlowKind.MASS, flow_kind(fields.units)}:
        return fields.units
    return str(kind.value)
