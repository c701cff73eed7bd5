"""Points and plain mappings as arrays, position by position."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from integrations.transformation.errors import UnusablePointError
from integrations.transformation.segments import Floats, Times

from .point import DataPoint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS = 1_000_000_000
_DAY_NS = 86_400 * _SECOND_NS
_PARTS_NS = {
    "hour": 3600 * _SECOND_NS,
    "minute": 60 * _SECOND_NS,
    "second": _SECOND_NS,
    "microsecond": 1000,
}
_MOST_DAYS = datetime(2262, 1, 1, tzinfo=UTC).toordinal() - _EPOCH.toordinal()
"""Nanoseconds since 1970 fit 64 bits for so long."""
_FIELDS = ("timestamp", "value", "unit", "source")


@dataclass(frozen=True)
class Columns:
    """The fields of some points."""

    timestamps: list[Any]
    """As they came."""
    values: list[Any]
    """As they came."""
    units: list[str]
    sources: list[str]
    time: Times
    """UTC nanoseconds."""
    value: Floats
    """NaN where missing, infinite where it is no finite number."""

    def __len__(self) -> int:
        return len(self.values)


def columns(data: Iterable[Any]) -> Columns:
    """Take points or mappings with `timestamp`, `value`, `unit`, `source` apart.

    A missing `value`, `unit` or `source` is a missing value, no unit, no source.

    Raises:
        UnusablePointError: an entry is neither, or its time cannot be read; names its position.
    """
    entries = listed(data)
    if set(map(type, entries)) == {dict}:
        timestamps, values, units, sources = (_field(entries, name) for name in _FIELDS)
    else:
        rows = [_row(entry, position) for position, entry in enumerate(entries)]
        timestamps, values, units, sources = (
            [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]
        )
    return Columns(timestamps, values, _texts(units), _texts(sources), times_of(timestamps), numbers(values))


def listed(data: Any) -> list[Any]:
    """Return data as a list, the list itself where it is one.

    Raises:
        UnusablePointError: it is no series at all.
    """
    if isinstance(data, list):
        return data
    if not isinstance(data, Iterable):
        raise UnusablePointError(f"points must come as a list, got {data!r}")
    return list(data)


def _texts(names: list[Any]) -> list[str]:
    """Return names as texts: None is none; what is no text is shown as one, for an error to name it."""
    if set(map(type, names)) <= {str}:
        return names
    return ["" if name is None else str(name) for name in names]


def _field(entries: list[dict[str, Any]], name: str) -> list[Any]:
    try:
        return list(map(itemgetter(name), entries))
    except KeyError:
        return [entry.get(name) for entry in entries]


def numbers(values: Sequence[Any] | Floats) -> Floats:
    """Return values as numbers: None, NaN and empty text are NaN, what is no finite number is infinite.

    Text that reads as a number is one.
    """
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        found = np.array([_number(value) for value in values], dtype=np.float64)
    return found if found.ndim == 1 else np.array([_number(value) for value in values], dtype=np.float64)


def times_of(timestamps: Sequence[Any]) -> Times:
    """Return times as UTC nanoseconds.

    Datetimes without a zone are UTC; text is ISO 8601; numbers are seconds since 1970.

    Raises:
        UnusablePointError: names the position of the first that is none of these.
    """
    if set(map(type, timestamps)) == {datetime} and {stamp.tzinfo for stamp in timestamps} <= {None, UTC}:
        return _clock_readings(timestamps)
    return np.array([_time(stamp, at) for at, stamp in enumerate(timestamps)], dtype=np.int64)


def _clock_readings(stamps: Sequence[datetime]) -> Times:
    """Return datetimes in UTC, part by part: a quarter of the time that numpy's own way takes."""
    time = np.fromiter(map(datetime.toordinal, stamps), np.int64, len(stamps)) - _EPOCH.toordinal()
    if ((time < 0) | (time >= _MOST_DAYS)).any():
        position = int(np.argmax((time < 0) | (time >= _MOST_DAYS)))
        raise _beyond(stamps[position], position)
    time *= _DAY_NS
    for part, length_ns in _PARTS_NS.items():
        time += np.fromiter(map(attrgetter(part), stamps), np.int64, len(stamps)) * length_ns
    return time


def _beyond(stamp: Any, position: int) -> UnusablePointError:
    return UnusablePointError(f"point {position} has a timestamp outside the years 1970 to 2261: {stamp!r}")


def _row(entry: Any, position: int) -> tuple[Any, Any, Any, Any]:
    if isinstance(entry, DataPoint):
        return entry.timestamp, entry.value, entry.unit, entry.source
    if isinstance(entry, Mapping):
        return entry.get("timestamp"), entry.get("value"), entry.get("unit"), entry.get("source")
    raise UnusablePointError(f"point {position} must be a DataPoint or a mapping, got {entry!r}")


def _number(value: Any) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.inf


def _time(stamp: Any, position: int) -> int:
    try:
        time_ns = _nanoseconds(stamp)
    except (ValueError, OverflowError) as error:
        raise UnusablePointError(
            f"point {position} has a timestamp that cannot be read: {stamp!r}"
        ) from error
    if time_ns is None:
        raise UnusablePointError(f"point {position} has no timestamp that can be read: {stamp!r}")
    if not 0 <= time_ns < _MOST_DAYS * _DAY_NS:
        raise _beyond(stamp, position)
    return time_ns


def _nanoseconds(stamp: Any) -> int | None:
    if isinstance(stamp, str):
        stamp = datetime.fromisoformat(stamp)
    if isinstance(stamp, datetime):
        passed = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)) - _EPOCH
        return ((passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds) * 1_000
    if isinstance(stamp, np.datetime64):
        return None if np.isnat(stamp) else int(stamp.astype("datetime64[ns]").astype(np.int64))
    if isinstance(stamp, int | float | np.number) and not isinstance(stamp, bool):
        return round(float(stamp) * 1e9)
    return None
