"""Density of steam in a line, from a pressure and a temperature that were measured."""

from .arrays import Number, elementwise
from .errors import SteamRangeError
from .if97 import density_kg_m3, saturated_vapour_density_kg_m3, saturation_temperature_c


def vapour_density_kg_m3(
    pressure_bar: Number, temperature_c: Number, temperature_uncertainty_k: float
) -> Number:
    """Density of steam: dry saturated within the thermometer's uncertainty of saturation, superheated above.

    A tenth of a kelvin below saturation IF97 rightly answers with water, 156 times as dense at 10 bar g; a
    thermometer cannot tell the two apart. Absolute bar and °C, numbers or arrays.

    Raises:
        SteamRangeError: a point lies further below saturation than the thermometer can err: it is water.
    """
    result: Number = _VAPOUR_DENSITY(pressure_bar, temperature_c, temperature_uncertainty_k)
    return result


def _vapour_density(pressure_bar: float, temperature_c: float, uncertainty_k: float) -> float:
    superheat_k = temperature_c - saturation_temperature_c(pressure_bar)
    if superheat_k < -uncertainty_k:
        raise SteamRangeError(
            f"density_kg_m3 of steam at pressure_bar={pressure_bar:.10g}, "
            f"temperature_c={temperature_c:.10g}: water, {-superheat_k:.3g} K below saturation"
        )
    if superheat_k <= uncertainty_k:
        return saturated_vapour_density_kg_m3(pressure_bar)
    return density_kg_m3(pressure_bar, temperature_c)


_VAPOUR_DENSITY = elementwise(_vapour_density, 3)
