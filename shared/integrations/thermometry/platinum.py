"""Platinum resistance thermometers: ohms to °C and back.

Source: IEC 60751:2022, §4.2 (Callendar–Van Dusen): R = R₀(1 + At + Bt²) from 0 to 850 °C, and with a further
term C(t − 100)t³ from −200 to 0 °C.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .conversion import Conversion, Floats, SensorFault, faultless, in_blocks, judged

A, B, C = 3.9083e-3, -5.775e-7, -4.183e-12
LOWEST_C, HIGHEST_C = -200.0, 850.0
SHORTED_BELOW, OPEN_ABOVE = 0.1, 4.0
"""Resistances, as multiples of R₀, that no platinum sensor has: it ends at 0.185 and 3.905."""
ROUNDING = 5e-5
"""Half a digit of the standard's tables over R₀: 18.52 Ω, as they print it for −200 °C, is in range."""
NEWTON_STEPS = 3
"""From the quadratic's root, at most 2.4 K off, they come below 1e-9 K."""


@dataclass(frozen=True)
class PlatinumSensor:
    """A platinum sensor with `nominal_ohm` (R₀) at 0 °C."""

    nominal_ohm: float
    lowest_c = LOWEST_C
    highest_c = HIGHEST_C

    def resistance_ohm(self, temperature_c: ArrayLike) -> Floats:
        """Return the resistance at each temperature; NaN outside −200…850 °C."""
        t = np.asarray(temperature_c, np.float64)
        ratio = _ratio(t)
        return np.where((t >= LOWEST_C) & (t <= HIGHEST_C), self.nominal_ohm * ratio, np.nan)

    def temperature_c(self, resistance_ohm: ArrayLike) -> Conversion:
        """Return the temperature of each resistance, or the fault that it betrays."""
        return in_blocks(self._convert, resistance_ohm)

    def _convert(self, resistance_ohm: Floats) -> Conversion:
        ratio = resistance_ohm / self.nominal_ohm
        if ((ratio >= LOWEST_RATIO) & (ratio <= HIGHEST_RATIO)).all():
            return faultless(_temperature(ratio))
        return judged(
            _temperature(np.clip(ratio, LOWEST_RATIO, HIGHEST_RATIO)),
            (np.isnan(ratio), SensorFault.NO_VALUE),
            (ratio < SHORTED_BELOW, SensorFault.SHORT_CIRCUIT),
            (ratio > OPEN_ABOVE, SensorFault.OPEN_CIRCUIT),
            (ratio < LOWEST_RATIO - ROUNDING, SensorFault.BELOW_RANGE),
            (ratio > HIGHEST_RATIO + ROUNDING, SensorFault.ABOVE_RANGE),
        )


def _ratio(t: Floats) -> Floats:
    """Return R/R₀ at °C."""
    below = np.minimum(t, 0.0)
    ratio: Floats = 1.0 + t * (A + t * B) + C * (below - 100.0) * below * below * below
    return ratio


def _temperature(ratio: Floats) -> Floats:
    """Invert R/R₀: the quadratic's root, corrected below 0 °C by Newton's method."""
    root: Floats = (np.sqrt(A * A - 4.0 * B * (1.0 - ratio)) - A) / (2.0 * B)
    if (ratio >= 1.0).all():
        return root
    cold = ratio < 1.0
    wanted, t = ratio[cold], root[cold]
    for _ in range(NEWTON_STEPS):
        t -= (_ratio(t) - wanted) / (A + t * (2.0 * B + C * t * (4.0 * t - 300.0)))
    root[cold] = t
    return root


LOWEST_RATIO, HIGHEST_RATIO = _ratio(np.array([LOWEST_C, HIGHEST_C])).tolist()

PT100 = PlatinumSensor(100.0)
PT1000 = PlatinumSensor(1000.0)
