"""What must hold, as rows: each gives its error and slopes at given values; absolute bar, °C, t/hr, kW."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from integrations import steam
from integrations.balances import Constraints
from integrations.runtime.balances.config import (
    EnergyBalance,
    HeatStream,
    MassBalance,
    Phase,
    PressureDrop,
    SaturatedSteam,
)

KW_PER_T_HR_KJ_KG = 1000.0 / 3600.0
RELATIVE_STEP = 1e-5
"""Step of numerical slopes: steam's properties bend over far more than this, rounding over far less."""
SUPERHEAT_K = 1e-3
"""Steam no hotter than this above saturation is taken as dry saturated."""

Values = NDArray[np.float64]
Columns = Mapping[str, int]
"""Where each variable stands."""


class Slope(NamedTuple):
    """How an error changes with one variable."""

    column: int
    by: float


class Row(ABC):
    """One constraint."""

    @abstractmethod
    def at(self, values: Values) -> tuple[float, list[Slope]]:
        """Return the error at `values`, 0 where the constraint holds, and its slopes."""

    def holds(self, values: Values) -> bool | None:  # noqa: ARG002  # most constraints hold whatever is measured
        """Whether the constraint is one of the plant as measured now; None when `values` cannot tell."""
        return True


@dataclass(frozen=True, eq=False)
class Sum(Row):
    """Terms whose sum is 0: a node's flows, or pressures around a difference."""

    terms: Sequence[Slope]

    def at(self, values: Values) -> tuple[float, list[Slope]]:
        """Return the sum."""
        return sum(term.by * values[term.column] for term in self.terms), list(self.terms)


@dataclass(frozen=True, eq=False)
class Saturation(Row):
    """T − Tsat(p) = 0, while steam is not superheated."""

    pressure: int
    temperature: int
    superheat_k: float

    def at(self, values: Values) -> tuple[float, list[Slope]]:
        """Return the measured superheat."""
        boiling_c, slope = _with_slope(steam.saturation_temperature_c, values[self.pressure])
        return values[self.temperature] - boiling_c, [
            Slope(self.temperature, 1.0),
            Slope(self.pressure, -slope),
        ]

    def holds(self, values: Values) -> bool | None:
        """Whether steam is no more than `superheat_k` above saturation."""
        pressure, temperature = values[self.pressure], values[self.temperature]
        if np.isnan(pressure) or np.isnan(temperature):
            return None
        try:
            return bool(temperature - steam.saturation_temperature_c(pressure) <= self.superheat_k)
        except steam.SteamError:
            return None


@dataclass(frozen=True)
class Heat:
    """The heat that one stream carries, counted as `sign`."""

    flow: int
    sign: float
    inputs: tuple[int, ...]
    enthalpy_kj_kg: Callable[..., float]

    def at(self, values: Values) -> tuple[float, list[Slope]]:
        """Return kW and slopes."""
        factor = self.sign * KW_PER_T_HR_KJ_KG
        given = [float(values[column]) for column in self.inputs]
        enthalpy = self.enthalpy_kj_kg(*given)
        slopes = [Slope(self.flow, factor * enthalpy)]
        for at, column in enumerate(self.inputs):

            def along(value: float, at: int = at) -> float:
                return self.enthalpy_kj_kg(*given[:at], value, *given[at + 1 :])

            _, slope = _with_slope(along, given[at])
            slopes.append(Slope(column, factor * values[self.flow] * slope))
        return factor * float(values[self.flow]) * enthalpy, slopes


@dataclass(frozen=True, eq=False)
class HeatSum(Row):
    """Σ ± flow × enthalpy − loss = 0."""

    heats: Sequence[Heat]
    loss: int | None

    def at(self, values: Values) -> tuple[float, list[Slope]]:
        """Return the heat that is left over."""
        parts = [heat.at(values) for heat in self.heats]
        error, slopes = sum(part for part, _ in parts), [slope for _, found in parts for slope in found]
        if self.loss is not None:
            error, slopes = error - float(values[self.loss]), [*slopes, Slope(self.loss, -1.0)]
        return error, slopes


def rows_of(part: MassBalance | EnergyBalance | SaturatedSteam | PressureDrop, columns: Columns) -> Row:
    """Return the row of one part of a balance."""
    if isinstance(part, MassBalance):
        signs = [(part.inflows, 1.0), (part.outflows, -1.0)]
        return Sum([Slope(columns[name], sign) for names, sign in signs for name in names])
    if isinstance(part, PressureDrop):
        return Sum([Slope(columns[part.upstream], 1.0), Slope(columns[part.downstream], -1.0),
                    Slope(columns[part.drop], -1.0)])  # fmt: skip
    if isinstance(part, SaturatedSteam):
        return Saturation(columns[part.pressure], columns[part.temperature], part.superheat_k)
    heats = [_heat(stream, 1.0, columns) for stream in part.inflows]
    heats += [_heat(stream, -1.0, columns) for stream in part.outflows]
    return HeatSum(heats, None if part.heat_loss is None else columns[part.heat_loss])


def linearised(rows: Sequence[Row], values: Values) -> Constraints:
    """Return the rows as linear constraints near `values`."""
    matrix, constant = np.zeros((len(rows), len(values))), np.zeros(len(rows))
    for at, row in enumerate(rows):
        error, slopes = row.at(values)
        for column, by in slopes:
            matrix[at, column] += by
        constant[at] = matrix[at] @ values - error
    return Constraints(matrix, constant)


def _heat(stream: HeatStream, sign: float, columns: Columns) -> Heat:
    names = (stream.pressure, stream.temperature) if stream.phase is Phase.STEAM else (stream.temperature,)
    inputs = tuple(columns[name] for name in names if name is not None)
    return Heat(columns[stream.flow], sign, inputs, _water if stream.phase is Phase.WATER else _steam)


def _steam(pressure_bar: float, temperature_c: float | None = None) -> float:
    if temperature_c is None or temperature_c <= steam.saturation_temperature_c(pressure_bar) + SUPERHEAT_K:
        return steam.saturated_vapour_enthalpy_kj_kg(pressure_bar)
    return steam.enthalpy_kj_kg(pressure_bar, temperature_c)


def _water(temperature_c: float) -> float:
    return steam.saturated_liquid_enthalpy_kj_kg(steam.saturation_pressure_bar(temperature_c))


def _with_slope(function: Callable[[float], float], at: float) -> tuple[float, float]:
    """Return value and slope, by central difference."""
    step = RELATIVE_STEP * max(1.0, abs(at))
    return function(at), (function(at + step) - function(at - step)) / (2.0 * step)
