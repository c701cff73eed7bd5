"""Reference functions of thermocouples: °C to millivolts by polynomials, and back by Newton's method.

Newton starts from a table of the function's own inverse, not from the published inverse polynomials: those
end at −200 °C and are off by up to 0.06 K, the table covers the whole range and is nearer.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .conversion import Floats

TABLE_SIZE = 16384
CONVERGED_K = 1e-4
"""A Newton step this short leaves an error below 1e-8 K: convergence is quadratic."""


@dataclass(frozen=True)
class Bump:
    """a₀ exp(a₁(t − a₂)²), which type K has above 0 °C."""

    a0: float
    a1: float
    a2: float


@dataclass(frozen=True)
class Piece:
    """Polynomial from `lowest_c` up to where the next piece begins; coefficients from the constant up."""

    lowest_c: float
    coefficients: tuple[float, ...]
    bump: Bump | None = None

    def __call__(self, t: Floats) -> tuple[Floats, Floats]:
        """Return millivolts and their slope in mV/K."""
        emf, slope = np.full_like(t, self.coefficients[-1]), np.zeros_like(t)
        for coefficient in self.coefficients[-2::-1]:  # Horner's scheme, in place
            slope *= t
            slope += emf
            emf *= t
            emf += coefficient
        if self.bump:
            away = t - self.bump.a2
            bump = self.bump.a0 * np.exp(self.bump.a1 * away * away)
            emf += bump
            slope += 2.0 * self.bump.a1 * away * bump
        return emf, slope


@dataclass(frozen=True)
class ReferenceFunction:
    """An increasing function in pieces; `highest_c` ends the last of them."""

    pieces: tuple[Piece, ...]
    highest_c: float

    @property
    def lowest_c(self) -> float:
        """Where the function begins."""
        return self.pieces[0].lowest_c

    @cached_property
    def limits_mv(self) -> tuple[float, float]:
        """Millivolts at both ends."""
        low, high = self.emf_mv(np.array([self.lowest_c, self.highest_c])).tolist()
        return low, high

    def emf_mv(self, temperature_c: Floats) -> Floats:
        """Return the millivolts at temperatures inside the range."""
        emf = np.empty_like(temperature_c)
        which = np.searchsorted(self._starts_c[1:], temperature_c, side="right")
        for at, piece in enumerate(self.pieces):
            mine = which == at
            emf[mine], _ = piece(temperature_c[mine])
        return emf

    def temperature_c(self, emf: Floats) -> Floats:
        """Return the temperatures of millivolts (a flat array) inside the range."""
        temperature = self._near(emf)
        which = np.searchsorted(self._starts_mv[1:], emf, side="right")
        for at, piece in enumerate(self.pieces):
            open_ = np.flatnonzero(which == at)
            wanted, t = emf[open_], temperature[open_]
            while open_.size:
                reached, slope = piece(t)
                step = (reached - wanted) / slope
                t -= step
                temperature[open_] = t
                far = np.abs(step) > CONVERGED_K
                open_, wanted, t = open_[far], wanted[far], t[far]
        return temperature

    def _near(self, emf: Floats) -> Floats:
        """Return temperatures near those of `emf`: interpolated in the table, found without a search."""
        low, high = self.limits_mv
        place = (emf - low) * (TABLE_SIZE / (high - low))
        cell = np.clip(place.astype(np.intp), 0, TABLE_SIZE - 1)
        left = self._table[cell]
        near: Floats = left + (place - cell) * (self._table[cell + 1] - left)
        return near

    @cached_property
    def _table(self) -> Floats:
        """Temperatures at equal steps of millivolts."""
        temperatures = np.linspace(self.lowest_c, self.highest_c, 4 * TABLE_SIZE)
        emf = np.linspace(*self.limits_mv, TABLE_SIZE + 1)
        table: Floats = np.interp(emf, self.emf_mv(temperatures), temperatures)
        return table

    @cached_property
    def _starts_c(self) -> Floats:
        return np.array([piece.lowest_c for piece in self.pieces])

    @cached_property
    def _starts_mv(self) -> Floats:
        return self.emf_mv(self._starts_c)
