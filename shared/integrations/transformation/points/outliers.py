"""Outliers among points."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from integrations.quality import Flag, score_of
from integrations.transformation.detectors import Verdict, outliers
from integrations.transformation.errors import UnknownMethodError
from integrations.transformation.imputation import impute
from integrations.transformation.segments import Floats, Times
from integrations.transformation.series import REPLACEMENTS, time_order

from .columns import columns, listed, numbers
from .converter import UnitConverter, common_unit
from .issues import DataQualityIssue
from .point import DataPoint

REPLACED = score_of(Flag.OUTLIER | Flag.ESTIMATED)


class OutlierDetector:
    """Finds outliers by a method of name: zscore, iqr, isolation, mad, hampel.

    Args:
        resolution: of the sensor, the least scatter that outliers are measured by; 0 where it is not known.
    """

    def __init__(self, *, resolution: float = 0.0) -> None:
        self._resolution = resolution

    def detect_outliers(
        self, data: Iterable[Any], method: str = "zscore", threshold: float = 3.0
    ) -> list[int]:
        """Return the positions of outliers among points, mappings or plain numbers.

        Missing values are none, and no position shifts for them.

        Raises:
            UnknownMethodError: lists the known ones.
            InvalidArgumentError: threshold not above 0.
        """
        positions: list[int] = np.flatnonzero(self.verdict(data, method, threshold).found).tolist()
        return positions

    def verdict(self, data: Iterable[Any], method: str = "zscore", threshold: float = 3.0) -> Verdict:
        """Return a mask of the outliers, and why the test cannot fire where it cannot."""
        _, value, time, _ = series_of(data)
        order = time_order(time)
        at = np.arange(value.size) if order is None else order
        verdict = outliers(value[at], method, threshold, self._resolution)
        found = np.zeros(value.size, dtype=np.bool_)
        found[at] = verdict.found
        return Verdict(found, verdict.note)

    def remove_outliers(
        self,
        data: Iterable[Any],
        method: str = "zscore",
        threshold: float = 3.0,
        replace_with: str = "interpolate",
    ) -> Any:
        """Return the data with its outliers replaced, marked and scored lower, or without them.

        Plain numbers give plain numbers, an array gives an array; points give new ones with what was measured
        as `original_value`.

        Args:
            data: points or numbers.
            method: as `detect_outliers`.
            threshold: as `detect_outliers`.
            replace_with: interpolate, mean or median of what is left, or remove.

        Raises:
            UnknownMethodError: lists the known methods or replacements.
            InvalidArgumentError: threshold not above 0.
        """
        if replace_with not in REPLACEMENTS:
            raise UnknownMethodError("replacement", replace_with, REPLACEMENTS)
        entries, value, time, unit = series_of(data)
        found = self.verdict(entries, method, threshold).found
        imputation = REPLACEMENTS[replace_with]
        if imputation is None:
            kept = [entry for entry, out in zip(entries, found.tolist(), strict=True) if not out]
            return value[~found] if isinstance(data, np.ndarray) else kept
        estimate = estimated(np.where(found, np.nan, value), time, imputation)
        if isinstance(data, np.ndarray):
            return np.where(found, estimate, value)
        for position in np.flatnonzero(found).tolist():
            entries[position] = _replaced(
                entries[position], in_own_unit(entries[position], float(estimate[position]), unit)
            )
        return entries


def series_of(data: Iterable[Any]) -> tuple[list[Any], Floats, Times, str]:
    """Return entries, their values in one unit, their times, and that unit: the first that a point has.

    Plain numbers have no unit, and their positions for times.
    """
    entries = list(listed(data))
    if not any(isinstance(entry, DataPoint | dict) for entry in entries):
        return entries, numbers(entries), np.arange(len(entries), dtype=np.int64), ""
    table = columns(entries)
    unit = common_unit(table.units, None)
    if set(table.units) <= {unit, ""}:
        return entries, table.value, table.time, unit
    units = [each or unit for each in table.units]
    return entries, UnitConverter().convert_all(table.value, units, unit), table.time, unit


def in_own_unit(entry: Any, value: float, unit: str) -> float:
    """Return a value in the unit of the entry that it is meant for."""
    own = entry.unit if isinstance(entry, DataPoint) else entry.get("unit") if isinstance(entry, dict) else ""
    return UnitConverter().convert(value, unit, own) if own and own != unit else value


def estimated(value: Floats, time: Times, method: str, max_gap: int | None = None) -> Floats:
    """Return values with gaps filled, times in any order."""
    order = time_order(time)
    if order is None:
        return impute(value, method, time=time, max_gap=max_gap).value
    result = np.empty_like(value)
    result[order] = impute(value[order], method, time=time[order], max_gap=max_gap).value
    return result


def marked(
    point: DataPoint, value: float, quality: float, issue: DataQualityIssue, treatment: str
) -> DataPoint:
    """Return a point with an estimate in the place of its value; what was there is kept."""
    there = np.isfinite(value)
    return replace(
        point,
        value=float(value) if there else None,
        quality=min(point.quality, quality if there else 0.0),
        original_value=point.value if point.original_value is None else point.original_value,
        issues=list(dict.fromkeys([*point.issues, issue])),
        treatment=treatment if there else "",
    )


def _replaced(entry: Any, value: float) -> Any:
    if isinstance(entry, DataPoint):
        return marked(entry, value, REPLACED, DataQualityIssue.SPIKE, "replaced")
    if isinstance(entry, dict):
        return {**entry, "value": float(value), "original_value": entry.get("value"), "treatment": "replaced"}
    return float(value)
