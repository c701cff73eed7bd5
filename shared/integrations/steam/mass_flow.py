"""Mass flow from what a meter really measures, and its correction for a density it was not set up for.

Numbers or arrays in, the same out; NaN stays NaN. Mass flows are in t/hr.
"""

from math import pi

import numpy as np

from .arrays import Number
from .errors import SteamRangeError

KG_PER_T = 1000.0
SECONDS_PER_HOUR = 3600.0


def mass_flow_from_volume_t_hr(volume_flow_m3_h: Number, density_kg_m3: Number) -> Number:
    """Mass flow of a flow in m³/h at operating conditions."""
    _positive("density_kg_m3", density_kg_m3)
    result: Number = volume_flow_m3_h * density_kg_m3 / KG_PER_T
    return result


def mass_flow_from_velocity_t_hr(
    velocity_m_s: Number, density_kg_m3: Number, pipe_diameter_m: float
) -> Number:
    """Mass flow of a mean velocity in m/s in a round pipe of this inner diameter."""
    _positive("density_kg_m3", density_kg_m3)
    _positive("pipe_diameter_m", pipe_diameter_m)
    area_m2 = pi / 4.0 * pipe_diameter_m**2
    result: Number = velocity_m_s * area_m2 * SECONDS_PER_HOUR * density_kg_m3 / KG_PER_T
    return result


def mass_flow_from_power_t_hr(
    power_kw: Number, enthalpy_kj_kg: Number, reference_enthalpy_kj_kg: float = 0.0
) -> Number:
    """Mass flow that carries `power_kw`, counted above a reference such as the feed water's enthalpy.

    The default reference is IF97's own zero, boiling water at 0.01 °C.
    """
    carried = enthalpy_kj_kg - reference_enthalpy_kj_kg
    _positive("enthalpy_kj_kg above reference_enthalpy_kj_kg", carried)
    result: Number = power_kw / carried * SECONDS_PER_HOUR / KG_PER_T
    return result


def vortex_compensation(density_kg_m3: Number, design_density_kg_m3: float) -> Number:
    """Return what to multiply a vortex (or any velocity) meter's mass flow by: ρ / ρ_design."""
    return _density_ratio(density_kg_m3, design_density_kg_m3)


def differential_pressure_compensation(density_kg_m3: Number, design_density_kg_m3: float) -> Number:
    """Return what to multiply an orifice's or nozzle's mass flow by: √(ρ / ρ_design)."""
    ratio = _density_ratio(density_kg_m3, design_density_kg_m3)
    result: Number = ratio**0.5
    return result


def _density_ratio(density_kg_m3: Number, design_density_kg_m3: float) -> Number:
    _positive("density_kg_m3", density_kg_m3)
    _positive("design_density_kg_m3", design_density_kg_m3)
    result: Number = density_kg_m3 / design_density_kg_m3
    return result


def _positive(name: str, value: Number | float) -> None:
    wrong = np.asarray(value)[np.asarray(value) <= 0.0]
    if wrong.size:
        raise SteamRangeError(f"{name} must be above 0, got {wrong.flat[0]:.10g}")
