"""Properties of water and steam by IAPWS-IF97, and absolute pressure from gauge pressure; pure functions."""

from .errors import NotANumberError, SteamError, SteamRangeError
from .if97 import (
    density_kg_m3,
    enthalpy_kj_kg,
    saturated_liquid_density_kg_m3,
    saturated_liquid_enthalpy_kj_kg,
    saturated_vapour_density_kg_m3,
    saturated_vapour_enthalpy_kj_kg,
    saturation_pressure_bar,
    saturation_temperature_c,
)
from .pressure import STANDARD_ATMOSPHERE_BAR, absolute_pressure_bar, gauge_pressure_bar
from .vapour import vapour_density_kg_m3

__all__ = [
    "STANDARD_ATMOSPHERE_BAR",
    "NotANumberError",
    "SteamError",
    "SteamRangeError",
    "absolute_pressure_bar",
    "density_kg_m3",
    "enthalpy_kj_kg",
    "gauge_pressure_bar",
    "saturated_liquid_density_kg_m3",
    "saturated_liquid_enthalpy_kj_kg",
    "saturated_vapour_density_kg_m3",
    "saturated_vapour_enthalpy_kj_kg",
    "saturation_pressure_bar",
    "saturation_temperature_c",
    "vapour_density_kg_m3",
]
