"""A million ohms and millivolts to temperatures, against the scalar packages of PyPI that do the same.

rtd-sensor is under the MPL and so no dependency of ours: `.tools/bin/uv pip install rtd-sensor` adds its row.
"""

from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np
import thermocouple_its90
from numpy.typing import NDArray

from integrations.thermometry import PT100, TYPE_J, TYPE_K, TYPE_T, Conversion

from .report import Figure

VALUES = 1_000_000
SCALAR_VALUES = 50_000
QUICK_SCALAR_VALUES = 5_000
REPETITIONS = 5
AIM = "≥ 100 ×"
COLD_JUNCTION_C = 25.0
MOST_DIFFERENCE_K = 1e-3
RTD_PACKAGE = "rtd_sensor"


def against_scalar_packages(quick: bool) -> list[Figure]:
    """Values a second, at random over the whole range of each sensor."""
    chance = np.random.default_rng(60751)
    count = QUICK_SCALAR_VALUES if quick else SCALAR_VALUES
    ohms = PT100.resistance_ohm(chance.uniform(PT100.lowest_c, PT100.highest_c, VALUES))
    figures = [_figure("Pt100", "rtd-sensor", PT100.temperature_c, _scalar_rtd(), ohms, count)]
    for thermocouple in (TYPE_K, TYPE_J, TYPE_T):
        hot = chance.uniform(thermocouple.lowest_c, thermocouple.highest_c, VALUES)
        emf = thermocouple.emf_mv(hot, COLD_JUNCTION_C)
        figures.append(
            _figure(
                f"type {thermocouple.letter}, cold junction {COLD_JUNCTION_C:g} °C",
                "thermocouple-its90",
                lambda values, ours=thermocouple: ours.temperature_c(values, COLD_JUNCTION_C),
                _scalar_thermocouple(thermocouple.letter),
                emf,
                count,
            )
        )
    return figures


def _figure(
    what: str,
    package: str,
    ours: Callable[[NDArray[np.float64]], Conversion],
    theirs: Callable[[float], float] | None,
    values: NDArray[np.float64],
    count: int,
) -> Figure:
    """Time both, and make sure that they agree."""
    seconds = min(_seconds(ours, values) for _ in range(REPETITIONS))
    if theirs is None:
        return Figure(
            "temperature",
            what,
            VALUES / seconds,
            "values/s",
            AIM,
            note=f"needs {package}",
        )
    few: list[float] = values[:count].tolist()
    began = perf_counter()
    scalar = [theirs(value) for value in few]
    scalar_seconds = perf_counter() - began
    difference = np.abs(ours(values[:count]).temperature_c - scalar).max()
    assert difference < MOST_DIFFERENCE_K, f"{package} and we differ by {difference} K"
    return Figure(
        "temperature", what, VALUES / seconds, "values/s", AIM, package, count / scalar_seconds,
        note=f"they differ by at most {difference:.0e} K",
    )  # fmt: skip


def _seconds(convert: Callable[[Any], Any], values: NDArray[np.float64]) -> float:
    began = perf_counter()
    convert(values)
    return perf_counter() - began


def _scalar_thermocouple(letter: str) -> Callable[[float], float]:
    thermocouple = thermocouple_its90.get(letter)
    return lambda emf: thermocouple.temperature(emf, reference=COLD_JUNCTION_C)


def _scalar_rtd() -> Callable[[float], float] | None:
    """Return the scalar conversion of rtd-sensor; None where it is not installed."""
    if not find_spec(RTD_PACKAGE):
        return None
    from rtd_sensor import pt100

    return pt100.resistance_to_celsius
