"""IAPWS-IF97 by seuif97: pressures absolute in bar, temperatures in °C, numbers or arrays in, the same out.

Arrays broadcast. One value outside the formulation fails the whole array: mask what is bad before asking.
Source: IAPWS R7-97(2012); seuif97 agrees with its verification tables to 5e-9.
"""

import math
from collections.abc import Callable
from typing import Any

import seuif97  # type: ignore[import-untyped]  # a compiled wheel without annotations

from .arrays import Number, elementwise
from .errors import NotANumberError, SteamError, SteamRangeError

MPA_PER_BAR = 0.1

# seuif97 reports errors as return values; -9999 (saturation functions) is not in its documentation.
RANGE_ERRORS = {
    -2100.0: "the pressure is outside IF97 (above 0 to 1000 bar, to 500 bar above 800 °C)",
    -2101.0: "the temperature is outside IF97 (0 to 800 °C, to 2000 °C up to 500 bar)",
    -9999.0: "there is no saturation outside 0.00612 to 220.64 bar, 0 to 373.946 °C",
}
NAN_ERROR = -2201.0


def saturation_temperature_c(pressure_bar: Number) -> Number:
    """Temperature at which water boils at `pressure_bar`."""
    result: Number = _SATURATION_TEMPERATURE(pressure_bar)
    return result


def saturation_pressure_bar(temperature_c: Number) -> Number:
    """Pressure at which water boils at `temperature_c`."""
    result: Number = _SATURATION_PRESSURE(temperature_c)
    return result


def density_kg_m3(pressure_bar: Number, temperature_c: Number) -> Number:
    """Density of the phase that is stable at the point.

    Near saturation the phase hangs on the last tenth of a kelvin (10 bar g: 882.6 at 184.1 °C, 5.641 at
    184.2 °C): for a measured point of a steam line use `steam_state`.
    """
    result: Number = _DENSITY(pressure_bar, temperature_c)
    return result


def enthalpy_kj_kg(pressure_bar: Number, temperature_c: Number) -> Number:
    """Specific enthalpy of the phase that is stable at the point; it jumps at saturation as density does."""
    result: Number = _ENTHALPY(pressure_bar, temperature_c)
    return result


def saturated_liquid_density_kg_m3(pressure_bar: Number) -> Number:
    """Density of boiling water at `pressure_bar`."""
    result: Number = _LIQUID_DENSITY(pressure_bar)
    return result


def saturated_vapour_density_kg_m3(pressure_bar: Number) -> Number:
    """Density of dry saturated steam at `pressure_bar`."""
    result: Number = _VAPOUR_DENSITY(pressure_bar)
    return result


def saturated_liquid_enthalpy_kj_kg(pressure_bar: Number) -> Number:
    """Specific enthalpy of boiling water at `pressure_bar`."""
    result: Number = _LIQUID_ENTHALPY(pressure_bar)
    return result


def saturated_vapour_enthalpy_kj_kg(pressure_bar: Number) -> Number:
    """Specific enthalpy of dry saturated steam at `pressure_bar`."""
    result: Number = _VAPOUR_ENTHALPY(pressure_bar)
    return result


def _property(
    quantity: str, inputs: tuple[str, ...], compute: Callable[..., float], convert: Callable[[float], float]
) -> Callable[..., Any]:
    def checked(*values: float) -> float:
        result = compute(*values)
        if result in RANGE_ERRORS or result == NAN_ERROR or math.isnan(result):
            raise _error(quantity, dict(zip(inputs, values, strict=True)), result)
        return convert(result)

    return elementwise(checked, len(inputs))


def _error(quantity: str, given: dict[str, float], result: float) -> SteamError:
    at = ", ".join(f"{name}={value:.10g}" for name, value in given.items())
    if result in RANGE_ERRORS:
        return SteamRangeError(f"{quantity} at {at}: {RANGE_ERRORS[result]}")
    return NotANumberError(f"{quantity} at {at}: a value is not a number")


def _at_point(
    quantity: str, function: Callable[[float, float], float], convert: Callable[[float], float] = float
) -> Callable[..., Any]:
    def compute(pressure_bar: float, temperature_c: float) -> float:
        return function(pressure_bar * MPA_PER_BAR, temperature_c)

    return _property(quantity, ("pressure_bar", "temperature_c"), compute, convert)


def _saturated(
    quantity: str,
    function: Callable[[float, float], float],
    vapour_fraction: float,
    convert: Callable[[float], float] = float,
) -> Callable[..., Any]:
    def compute(pressure_bar: float) -> float:
        return function(pressure_bar * MPA_PER_BAR, vapour_fraction)

    return _property(quantity, ("pressure_bar",), compute, convert)


def _density(specific_volume_m3_kg: float) -> float:
    return 1.0 / specific_volume_m3_kg


_DENSITY = _at_point("density_kg_m3", seuif97.pt2v, _density)
_ENTHALPY = _at_point("enthalpy_kj_kg", seuif97.pt2h)
_LIQUID_DENSITY = _saturated("density_kg_m3", seuif97.px2v, 0.0, _density)
_VAPOUR_DENSITY = _saturated("density_kg_m3", seuif97.px2v, 1.0, _density)
_LIQUID_ENTHALPY = _saturated("enthalpy_kj_kg", seuif97.px2h, 0.0)
_VAPOUR_ENTHALPY = _saturated("enthalpy_kj_kg", seuif97.px2h, 1.0)
_SATURATION_TEMPERATURE = _saturated("temperature_c", seuif97.px2t, 0.0)
_SATURATION_PRESSURE = _property(
    "pressure_bar",
    ("temperature_c",),
    lambda temperature_c: seuif97.tx2p(temperature_c, 0.0),
    lambda pressure_mpa: pressure_mpa / MPA_PER_BAR,
)
