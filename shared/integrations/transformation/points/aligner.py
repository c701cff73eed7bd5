"""Points at other times."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from integrations.transformation.alignment import AGGREGATIONS, Bins, align, nanoseconds
from integrations.transformation.errors import UnknownMethodError

from .columns import columns, listed, times_of
from .converter import UnitConverter, common_unit
from .issues import DataQualityIssue
from .point import DataPoint


class TimeSeriesAligner:
    """Brings series to other times and to even intervals; mixed units become that of the first point."""

    def __init__(self) -> None:
        self._converter = UnitConverter()

    def align_series(
        self, series: Iterable[Any], targets: Sequence[datetime], method: str = "linear"
    ) -> list[DataPoint]:
        """Return a point at each target time, in the order of the targets.

        A point between samples has 0.9 of their quality (linear, previous, next) or 0.95 (nearest), one
        beyond them 0.85 of the last; where the method has no value it is None, missing, of quality 0.

        Args:
            series: points or mappings, unsorted if need be; of several at one time the first counts.
            targets: naive ones are taken as UTC.
            method: linear, nearest, previous, next.

        Raises:
            UnknownMethodError: lists the known ones.
        """
        entries = listed(series)
        table = columns(entries)
        unit = common_unit(table.units, None)
        value = self._converter.convert_all(table.values, [one or unit for one in table.units], unit)
        aligned = align(table.time, value, times_of(targets), method)
        quality = [float(getattr(entry, "quality", 100)) for entry in entries]
        return [
            _point(target, number, unit, table.sources[at], factor * quality[at])
            if at >= 0
            else _point(target, number, unit, common_unit(table.sources, None), 0.0)
            for target, number, factor, at in zip(
                targets, aligned.value.tolist(), aligned.factor.tolist(), aligned.source.tolist(), strict=True
            )
        ]

    def resample(
        self, data: Iterable[Any], interval: timedelta, aggregation: str = "mean"
    ) -> list[DataPoint]:
        """Return a point for each interval from the first to the last sample, stamped with its beginning.

        Intervals begin at whole multiples of their length since 1970, UTC; an empty one gives a missing
        point. Quality is the mean of the samples', the issues are all of theirs.

        Args:
            data: points or mappings in any order.
            interval: length, or seconds as a number.
            aggregation: mean, median, max, min, sum.

        Raises:
            UnknownMethodError: lists the known ones.
            InvalidArgumentError: interval not above 0, or so short that there are too many.
        """
        if aggregation not in AGGREGATIONS:
            raise UnknownMethodError("aggregation", aggregation, AGGREGATIONS)
        entries = listed(data)
        table = columns(entries)
        unit = common_unit(table.units, None)
        value = self._converter.convert_all(table.values, [one or unit for one in table.units], unit)
        bins = Bins(table.time, nanoseconds(interval))
        present = np.isfinite(value)
        quality = np.array([float(getattr(entry, "quality", 100)) for entry in entries])
        quality = bins.aggregate(np.where(present, quality, np.nan))
        numbers = bins.aggregate(value, aggregation)
        zone = next((stamp.tzinfo for stamp in table.timestamps if isinstance(stamp, datetime)), UTC)
        points = [
            _point(
                stamp, number, unit, common_unit(table.sources, None), 0.0 if math.isnan(number) else score
            )
            for stamp, number, score in zip(
                stamps(bins.time.tolist(), zone), numbers.tolist(), quality.tolist(), strict=True
            )
        ]
        _hand_on_issues(entries, table.time // nanoseconds(interval), points)
        return points


def stamps(times_ns: list[int], zone: Any) -> list[datetime]:
    """Return times as datetimes of a zone; without one they are UTC and naive."""
    aware = [datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time // 1000) for time in times_ns]
    return [stamp.astimezone(zone) if zone else stamp.replace(tzinfo=None) for stamp in aware]


def _point(stamp: datetime, value: float, unit: str, source: str, quality: float) -> DataPoint:
    if math.isnan(value):
        return DataPoint(stamp, None, unit, 0.0, source, issues=[DataQualityIssue.MISSING])
    return DataPoint(stamp, value, unit, quality, source)


def _hand_on_issues(entries: list[Any], bins: Any, points: list[DataPoint]) -> None:
    """Give each interval's point the issues of the samples in it."""
    first = int(bins.min()) if bins.size else 0
    for entry, number in zip(entries, bins.tolist(), strict=True):
        issues = getattr(entry, "issues", None)
        if issues:
            point = points[number - first]
            point.issues = list(dict.fromkeys([*point.issues, *issues]))
