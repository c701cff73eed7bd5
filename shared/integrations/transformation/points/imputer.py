"""Estimates for missing points."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from integrations.quality import Flag, score_of
from integrations.transformation.imputation import Imputed, impute
from integrations.transformation.series import time_order

from .issues import DataQualityIssue
from .outliers import in_own_unit, marked, series_of
from .point import DataPoint

IMPUTED = score_of(Flag.ESTIMATED)


class DataImputer:
    """Fills gaps by a method of name.

    forward_fill, backward_fill, linear (in time), polynomial (cubic through four neighbours), mean, median,
    seasonal (what is usual at that phase of the period).
    """

    def impute_missing(
        self,
        data: Iterable[Any],
        method: str = "linear",
        max_gap: int | None = 10,
        period: int | None = None,
    ) -> Any:
        """Return the data with gaps filled; estimates are marked and scored lower.

        Plain numbers give plain numbers, an array gives an array. What is not filled stays None.

        Args:
            data: points, mappings or numbers; None, NaN and what is no finite number are missing.
            method: how.
            max_gap: longest run that is filled, in points; None fills all.
            period: points in a season, for `seasonal`; None looks for it.

        Raises:
            UnknownMethodError: lists the known ones.
            InvalidArgumentError: negative `max_gap`, period below 2.
        """
        entries, unit, imputed = self._imputed(data, method, max_gap, period)
        if isinstance(data, np.ndarray):
            return imputed.value
        for position in np.flatnonzero(imputed.filled).tolist():
            estimate = in_own_unit(entries[position], float(imputed.value[position]), unit)
            entries[position] = _imputed_entry(entries[position], estimate)
        return entries

    def note(
        self, data: Iterable[Any], method: str, max_gap: int | None = 10, period: int | None = None
    ) -> str:
        """Return why a method cannot do what its name says on these data; empty where it can."""
        return self._imputed(data, method, max_gap, period)[2].note

    @staticmethod
    def _imputed(
        data: Iterable[Any], method: str, max_gap: int | None, period: int | None
    ) -> tuple[list[Any], str, Imputed]:
        entries, value, time, unit = series_of(data)
        order = time_order(time)
        at = np.arange(value.size) if order is None else order
        found = impute(value[at], method, time=time[at], max_gap=max_gap, period=period)
        result, filled = np.empty_like(value), np.empty_like(found.filled)
        result[at], filled[at] = found.value, found.filled
        return entries, unit, Imputed(result, filled, found.note)


def _imputed_entry(entry: Any, value: float) -> Any:
    if isinstance(entry, DataPoint):
        return marked(entry, value, IMPUTED, DataQualityIssue.MISSING, "imputed")
    if isinstance(entry, dict):
        return {**entry, "value": value, "original_value": entry.get("value"), "treatment": "imputed"}
    return value
