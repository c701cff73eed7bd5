"""Properties of water and steam by IAPWS-IF97, and what a plant derives from them; pure functions."""

from .density import SteamPhase, SteamState, SteamStates, steam_state, steam_states
from .errors import FlashError, NotANumberError, SteamError, SteamRangeError, SubcooledError
from .flash import flash_fraction, flash_fraction_from_gauge
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
from .mass_flow import (
    differential_pressure_compensation,
    mass_flow_from_power_t_hr,
    mass_flow_from_velocity_t_hr,
    mass_flow_from_volume_t_hr,
    vortex_compensation,
)
from .pressure import STANDARD_ATMOSPHERE_BAR, absolute_pressure_bar, gauge_pressure_bar

__all__ = [
    "STANDARD_ATMOSPHERE_BAR",
    "FlashError",
    "NotANumberError",
    "SteamError",
    "SteamPhase",
    "SteamRangeError",
    "SteamState",
    "SteamStates",
    "SubcooledError",
    "absolute_pressure_bar",
    "density_kg_m3",
    "differential_pressure_compensation",
    "enthalpy_kj_kg",
    "flash_fraction",
    "flash_fraction_from_gauge",
    "gauge_pressure_bar",
    "mass_flow_from_power_t_hr",
    "mass_flow_from_velocity_t_hr",
    "mass_flow_from_volume_t_hr",
    "saturated_liquid_density_kg_m3",
    "saturated_liquid_enthalpy_kj_kg",
    "saturated_vapour_density_kg_m3",
    "saturated_vapour_enthalpy_kj_kg",
    "saturation_pressure_bar",
    "saturation_temperature_c",
    "steam_state",
    "steam_states",
    "vortex_compensation",
]
