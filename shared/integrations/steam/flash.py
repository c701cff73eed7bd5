"""Flash steam: the part of hot condensate that boils when its pressure falls, at constant enthalpy.

x = (h₁ − hf₂) / hfg₂, all by IF97. A stream that does not end between boiling water and dry steam has no
flash fraction, and asking for one is an error.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Number, elementwise
from .errors import FlashError, NotANumberError, SteamError, SubcooledError
from .if97 import (
    enthalpy_kj_kg,
    saturated_liquid_enthalpy_kj_kg,
    saturated_vapour_enthalpy_kj_kg,
    saturation_temperature_c,
)
from .pressure import STANDARD_ATMOSPHERE_BAR, absolute_pressure_bar

TEMPERATURE_UNCERTAINTY_K = 1.0
"""Condensate this little above saturation is still taken as boiling water: an industrial Pt100 errs by it."""


def flash_fraction(
    upstream_bar: Number,
    downstream_bar: Number,
    condensate_temperature_c: float | NDArray[np.float64] | None = None,
) -> Number:
    """Mass fraction that becomes steam from `upstream_bar` to `downstream_bar`, both absolute.

    Condensate is boiling water at the upstream pressure unless its measured temperature says that it is
    colder. Numbers or arrays, which broadcast; one impossible point fails all.

    Raises:
        SubcooledError: the condensate is too cold to boil at the downstream pressure.
        FlashError: the pressure does not fall, has no saturation, or the condensate would be steam upstream.
        NotANumberError: a value is NaN.
    """
    result: Number
    if condensate_temperature_c is None:
        result = _SATURATED(upstream_bar, downstream_bar)
    else:
        result = _MEASURED(upstream_bar, downstream_bar, condensate_temperature_c)
    return result


def flash_fraction_from_gauge(
    upstream_gauge_bar: Number,
    downstream_gauge_bar: Number,
    condensate_temperature_c: float | NDArray[np.float64] | None = None,
    *,
    barometer_bar: float = STANDARD_ATMOSPHERE_BAR,
) -> Number:
    """`flash_fraction` between two pressures above the site's barometer; errors name absolute pressures."""
    return flash_fraction(
        absolute_pressure_bar(upstream_gauge_bar, barometer_bar),
        absolute_pressure_bar(downstream_gauge_bar, barometer_bar),
        condensate_temperature_c,
    )


def _flash(upstream_bar: float, downstream_bar: float, temperature_c: float | None = None) -> float:
    try:
        liquid = saturated_liquid_enthalpy_kj_kg(downstream_bar)
        latent = saturated_vapour_enthalpy_kj_kg(downstream_bar) - liquid
        enthalpy = _upstream_enthalpy_kj_kg(upstream_bar, temperature_c)
    except NotANumberError:
        raise
    except SteamError as error:
        raise FlashError(f"{_where(upstream_bar, downstream_bar, temperature_c)}: {error}") from error
    where = _where(upstream_bar, downstream_bar, temperature_c)
    if downstream_bar > upstream_bar:
        raise FlashError(f"{where}: the pressure must not rise")
    if enthalpy < liquid:
        boiling_c = saturation_temperature_c(downstream_bar)
        raise SubcooledError(f"{where}: nothing flashes, water boils at {boiling_c:.5g} °C downstream")
    return (enthalpy - liquid) / latent


def _upstream_enthalpy_kj_kg(pressure_bar: float, temperature_c: float | None) -> float:
    saturated = saturated_liquid_enthalpy_kj_kg(pressure_bar)
    if temperature_c is None:
        return saturated
    above_k = temperature_c - saturation_temperature_c(pressure_bar)
    if above_k > TEMPERATURE_UNCERTAINTY_K:
        raise FlashError(f"{above_k:.3g} K above saturation it is steam, not condensate")
    return saturated if above_k >= 0 else enthalpy_kj_kg(pressure_bar, temperature_c)


def _where(upstream_bar: float, downstream_bar: float, temperature_c: float | None) -> str:
    text = f"flash from upstream_bar={upstream_bar:.10g} to downstream_bar={downstream_bar:.10g}"
    return text if temperature_c is None else f"{text} at condensate_temperature_c={temperature_c:.10g}"


_SATURATED: Any = elementwise(_flash, 2)
_MEASURED: Any = elementwise(_flash, 3)
