"""State of steam in a line, from a pressure and a temperature that were measured.

A tenth of a kelvin below saturation IF97 rightly answers with water: at 10 bar g 882.6 kg/m³ at 184.1 °C,
5.641 kg/m³ at 184.2 °C. No thermometer tells the two apart: close to saturation the pressure alone decides.
"""

from enum import IntEnum
from math import hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import NotANumberError, SteamRangeError
from .if97 import (
    density_kg_m3,
    enthalpy_kj_kg,
    saturated_liquid_density_kg_m3,
    saturated_liquid_enthalpy_kj_kg,
    saturated_vapour_density_kg_m3,
    saturated_vapour_enthalpy_kj_kg,
    saturation_temperature_c,
)

KELVIN = 273.15
KPA_PER_BAR = 100.0


class SteamPhase(IntEnum):
    """Which side of saturation a measured point lies on."""

    SUPERHEATED = 0
    SATURATED = 1
    """No further from saturation than the instruments can err: taken as dry saturated."""
    SUBSATURATED = 2
    """Further below saturation than the instruments can err: wet, air in the line, or a sensor is wrong."""


class SteamState(NamedTuple):
    """Steam at one measured point; dry saturated values unless it is superheated."""

    density_kg_m3: float
    enthalpy_kj_kg: float
    superheat_k: float
    """Measured temperature above saturation; negative below."""
    phase: SteamPhase


class SteamStates(NamedTuple):
    """The same in arrays; `phase` holds the numbers of SteamPhase."""

    density_kg_m3: NDArray[np.float64]
    enthalpy_kj_kg: NDArray[np.float64]
    superheat_k: NDArray[np.float64]
    phase: NDArray[np.uint8]


def steam_state(
    pressure_bar: float,
    temperature_c: float,
    temperature_uncertainty_k: float,
    pressure_uncertainty_bar: float = 0.0,
) -> SteamState:
    """Density and enthalpy of steam at a measured point, absolute bar and °C.

    Below saturation by more than the uncertainties explain, the values are still those of dry saturated steam
    at this pressure, and `phase` says that they are in doubt: how wet steam is no thermometer can tell.

    Raises:
        SteamRangeError: outside IF97, or the pressure has no saturation (above 220.64 bar).
        NotANumberError: a value is NaN.
    """
    superheat_k = _superheat_k(pressure_bar, temperature_c)
    band_k = _band_k(pressure_bar, temperature_uncertainty_k, pressure_uncertainty_bar)
    if superheat_k > band_k:
        density = density_kg_m3(pressure_bar, temperature_c)
        enthalpy = enthalpy_kj_kg(pressure_bar, temperature_c)
        return SteamState(density, enthalpy, superheat_k, SteamPhase.SUPERHEATED)
    phase = SteamPhase.SATURATED if superheat_k >= -band_k else SteamPhase.SUBSATURATED
    density = saturated_vapour_density_kg_m3(pressure_bar)
    return SteamState(density, saturated_vapour_enthalpy_kj_kg(pressure_bar), superheat_k, phase)


def steam_states(
    pressure_bar: NDArray[np.float64],
    temperature_c: NDArray[np.float64],
    temperature_uncertainty_k: float,
    pressure_uncertainty_bar: float = 0.0,
) -> SteamStates:
    """Return `steam_state` of every point; arrays broadcast, one bad value fails all as in `if97`."""
    over_points = np.frompyfunc(steam_state, 4, 1)
    states = np.asarray(
        over_points(pressure_bar, temperature_c, temperature_uncertainty_k, pressure_uncertainty_bar)
    )
    columns = np.array([tuple(state) for state in states.flat], dtype=np.float64).reshape(-1, 4).T
    density, enthalpy, superheat, phase = (column.reshape(states.shape) for column in columns)
    return SteamStates(density, enthalpy, superheat, phase.astype(np.uint8))


def _superheat_k(pressure_bar: float, temperature_c: float) -> float:
    superheat_k = temperature_c - saturation_temperature_c(pressure_bar)
    if superheat_k != superheat_k:  # noqa: PLR0124  # only NaN is unequal to itself; the pressure was a number
        raise NotANumberError(f"steam at pressure_bar={pressure_bar:.10g}: temperature_c is not a number")
    if temperature_c < 0.0:
        raise SteamRangeError(
            f"steam at pressure_bar={pressure_bar:.10g}: temperature_c must be at least 0, "
            f"got {temperature_c:.10g}"
        )
    return superheat_k


def _band_k(pressure_bar: float, temperature_uncertainty_k: float, pressure_uncertainty_bar: float) -> float:
    """Uncertainty of superheat: the thermometer's, and the pressure's along the saturation line."""
    if not pressure_uncertainty_bar:
        return temperature_uncertainty_k
    return hypot(temperature_uncertainty_k, pressure_uncertainty_bar * _saturation_slope_k_bar(pressure_bar))


def _saturation_slope_k_bar(pressure_bar: float) -> float:
    """dT/dp on the saturation line, by Clausius–Clapeyron: T·Δv/Δh."""
    kelvin = saturation_temperature_c(pressure_bar) + KELVIN
    volume = 1 / saturated_vapour_density_kg_m3(pressure_bar) - 1 / saturated_liquid_density_kg_m3(
        pressure_bar
    )
    latent = saturated_vapour_enthalpy_kj_kg(pressure_bar) - saturated_liquid_enthalpy_kj_kg(pressure_bar)
    return KPA_PER_BAR * kelvin * volume / latent
