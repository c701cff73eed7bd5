"""Points and plain mappings as arrays, position by position."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from integrations.transformation.errors import UnusablePointError
from integrations.transformation.segments import Floats, Times

from .point import DataPoint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    entries = data if isinstance(data, list) else list(data)
    if all(type(entry) is dict for entry in entries):
        timestamps, values, units, sources = ([entry.get(name) for entry in entries] for name in _FIELDS)
    else:
        rows = [_row(entry, position) for position, entry in enumerate(entries)]
        timestamps, values, units, sources = (
            [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]
        )
    texts = [unit or "" for unit in units] if not all(units) else units
    names = [source or "" for source in sources] if not all(sources) else sources
    return Columns(timestamps, values, texts, names, times_of(timestamps), numbers(values))


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
    kinds = set(map(type, timestamps))
    if kinds == {datetime} and not any(stamp.tzinfo for stamp in timestamps):
        return np.array(timestamps, dtype="datetime64[us]").astype("datetime64[ns]").astype(np.int64)
    return np.array([_time(stamp, at) for at, stamp in enumerate(timestamps)], dtype=np.int64)


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
        if isinstance(stamp, str):
            stamp = datetime.fromisoformat(stamp)
        if isinstance(stamp, datetime):
            passed = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)) - _EPOCH
            return ((passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds) * 1_000
        if isinstance(stamp, np.datetime64) and not np.isnat(stamp):
            return int(stamp.astype("datetime64[ns]").astype(np.int64))
        if isinstance(stamp, int | float | np.number) and not isinstance(stamp, bool):
            return round(float(stamp) * 1e9)
    except (ValueError, OverflowError) as error:
        raise UnusablePointError(
            f"point {position} has a timestamp that cannot be read: {stamp!r}"
        ) from error
    raise UnusablePointError(f"point {position} has no timestamp that can be read: {stamp!r}")
