"""Thermocouples: millivolts and the cold junction's temperature to °C, and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .conversion import Conversion, Floats, SensorFault, faultless, in_blocks, judged
from .reference import ReferenceFunction

ROUNDING_MV = 0.0005
"""Half a digit of NIST's tables: −6.458 mV, as they print it for type K at −270 °C, is in range."""
OPEN_BEYOND = 0.1
"""A voltage this part of the span outside it comes from no thermocouple: burn-out drives inputs there."""
COLDEST_JUNCTION_C, HOTTEST_JUNCTION_C = -50.0, 150.0
"""Where terminals with electronics can be; a cold junction sensor that says otherwise is broken."""


@dataclass(frozen=True)
class Thermocouple:
    """One type of thermocouple."""

    letter: str
    reference: ReferenceFunction

    @property
    def lowest_c(self) -> float:
        """Lower end of the reference function."""
        return self.reference.lowest_c

    @property
    def highest_c(self) -> float:
        """Upper end of the reference function."""
        return self.reference.highest_c

    def emf_mv(self, temperature_c: ArrayLike, cold_junction_c: ArrayLike = 0.0) -> Floats:
        """Return the voltage between hot and cold junction; NaN outside the reference function."""
        hot, cold = np.broadcast_arrays(
            np.asarray(temperature_c, np.float64), np.asarray(cold_junction_c, np.float64)
        )
        emf: Floats = self._emf(hot) - self._emf(cold)
        return emf

    def temperature_c(self, emf_mv: ArrayLike, cold_junction_c: ArrayLike = 0.0) -> Conversion:
        """Return the hot junction's temperature for each measured voltage, or the fault that it betrays.

        Voltages are added, never temperatures: E(t) = measured + E(cold junction). Arrays broadcast. A short
        between the wires cannot be seen: it measures the place where it is.
        """
        return in_blocks(self._convert, emf_mv, cold_junction_c)

    def _convert(self, measured_mv: Floats, cold_junction_c: Floats) -> Conversion:
        known = (cold_junction_c >= COLDEST_JUNCTION_C) & (cold_junction_c <= HOTTEST_JUNCTION_C)
        emf = measured_mv + self._emf(np.where(known, cold_junction_c, np.nan))
        low, high = self.reference.limits_mv
        if ((emf >= low) & (emf <= high)).all():
            return faultless(self.reference.temperature_c(emf))
        beyond = OPEN_BEYOND * (high - low)
        inside = np.clip(np.where(np.isnan(emf), 0.0, emf), low, high)
        return judged(
            self.reference.temperature_c(inside),
            (np.isnan(measured_mv), SensorFault.NO_VALUE),
            (~known, SensorFault.COLD_JUNCTION),
            ((emf < low - beyond) | (emf > high + beyond), SensorFault.OPEN_CIRCUIT),
            (emf < low - ROUNDING_MV, SensorFault.BELOW_RANGE),
            (emf > high + ROUNDING_MV, SensorFault.ABOVE_RANGE),
        )

    def _emf(self, temperature_c: Floats) -> Floats:
        """Return E(t) against 0 °C; NaN outside the reference function."""
        inside = np.clip(np.where(np.isnan(temperature_c), 0.0, temperature_c), self.lowest_c, self.highest_c)
        return np.where(inside == temperature_c, self.reference.emf_mv(inside), np.nan)
