"""Cells as numbers and as times; what cannot be read is a fault that names its place."""

import re
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from integrations.configuration import MISSING, Fault
from integrations.transformation.segments import Floats, Times

ABSENT = frozenset(
    {"", "nan", "na", "n/a", "null", "none", "nat", "#n/a", "#nv", "-", "--", "bad", "no data", "nodata"}
)
"""How files and historians say that there is no value, in any case."""
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)")
MOST_NAMED = 10
"""Cells of a column that are named one by one."""
EPOCH_SCALES_NS = ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3), (np.inf, 1))
"""Numbers below the first of a pair count what the second lasts: year 5138 in seconds, 1973 in ms."""
LATEST_NS = 9_214_646_400_000_000_000
"""The year 2262: nanoseconds since 1970 fit 64 bits for so long."""


class BadCells:
    """The cells of one column that cannot be read."""

    def __init__(self, path: Path, place: str, column: str, allowed: str) -> None:
        self._path, self._place, self._column, self._allowed = path, place, column, allowed
        self._named: list[Fault] = []
        self._more = 0

    def note(self, place: int, cell: Any) -> None:
        """Take note of one."""
        if len(self._named) < MOST_NAMED:
            where = f"{self._path} {self._place} {place} column {self._column}"
            self._named.append(Fault("", where, cell, self._allowed))
        else:
            self._more += 1

    def faults(self) -> list[Fault]:
        """Return the first of them, and how many more there are."""
        if not self._more:
            return self._named
        more = Fault(
            "", f"{self._path} column {self._column}", MISSING, f"has {self._more} more cells like these"
        )
        return [*self._named, more]


def numbers_of(
    cells: Sequence[Any], places: Sequence[int], bad: BadCells, commas_part_cells: bool = False
) -> Floats:
    """Return numbers, NaN where a cell says that there is none; a decimal comma is one.

    Where commas part the cells of the file, `1,100` may be eleven hundred as well and is a fault.
    """
    if isinstance(cells, np.ndarray):
        array: Floats = cells.astype(np.float64)
        return array
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except (TypeError, ValueError):
        found: Floats = _one_by_one(
            _plain_number if commas_part_cells else _number, cells, places, bad, np.nan, np.float64
        )
        return found


def _number(cell: Any) -> float:
    if cell is None or (isinstance(cell, str) and cell.strip().casefold() in ABSENT):
        return np.nan
    return float(cell.replace(",", ".", 1) if isinstance(cell, str) else cell)


def _plain_number(cell: Any) -> float:
    if isinstance(cell, str) and _THOUSANDS.fullmatch(cell.strip()):
        raise ValueError(cell)
    return _number(cell)


class TimeCells:
    """One column of times: ISO 8601 or `24.11.2026 06:00`, naive taken as UTC, or a number since 1970.

    The size of the first number tells its unit.
    """

    def __init__(self, bad: BadCells) -> None:
        self._bad = bad
        self._unit_ns = 0
        """Of numbers; 0 until the first is seen."""

    def read(self, cells: Sequence[Any], places: Sequence[int]) -> Times:
        """Return UTC nanoseconds; 0 where a cell is a fault."""
        found = self._fast(cells)
        if found is None:
            found = _one_by_one(self._time, cells, places, self._bad, 0, np.int64)
        outside = np.flatnonzero((found < 0) | (found >= LATEST_NS))
        for at in outside.tolist():
            self._bad.note(places[at], cells[at])
        return found

    def _fast(self, cells: Sequence[Any]) -> Times | None:
        """Read a whole column of one kind; None where it is not."""
        if isinstance(cells, np.ndarray):
            return self._array(cells)
        if not cells or not all(isinstance(cell, str) and cell[:1].isdigit() for cell in cells):
            return None
        tails = {cell[-1] for cell in cells}
        texts = [cell[:-1] for cell in cells] if tails == {"Z"} else list(cells)
        if min(map(len, texts)) <= len("2026-01-01"):
            return None  # dates alone, or numbers
        try:
            with warnings.catch_warnings(action="error", category=UserWarning):  # numpy's of a zone
                stamps, whole = (np.array(texts, dtype=f"datetime64[{unit}]") for unit in ("ns", "s"))
        except (ValueError, UserWarning):
            return None
        if (stamps.astype("datetime64[s]") != whole).any():
            return None  # years that nanoseconds do not reach
        return stamps.astype(np.int64)

    def _array(self, cells: np.ndarray[Any, Any]) -> Times | None:
        if cells.dtype.kind == "M":
            return cells.astype("datetime64[ns]").astype(np.int64)
        if cells.dtype.kind == "i" and cells.size:
            return cells.astype(np.int64) * self._scale(float(cells[0]))
        return None

    def _time(self, cell: Any) -> int:
        text = str(cell).strip()
        try:
            if text.isdigit():
                return int(text) * self._scale(float(text))
            number = float(text)
            return round(number * self._scale(number))
        except ValueError:
            stamp = datetime.fromisoformat(_year_first(text))
        passed = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
        return ((passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds) * 1_000

    def _scale(self, number: float) -> int:
        if not np.isfinite(number):
            raise OverflowError("no time")
        if not self._unit_ns:
            self._unit_ns = next(unit for limit, unit in EPOCH_SCALES_NS if number < limit)
        return self._unit_ns


def _year_first(text: str) -> str:
    """Turn `24.11.2026 06:00` round: with dots, the day always comes first."""
    match = _DAY_FIRST.fullmatch(text)
    return f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}{match[4]}" if match else text


def _one_by_one(
    read: Callable[[Any], float | int],
    cells: Sequence[Any],
    places: Sequence[int],
    bad: BadCells,
    instead: float,
    dtype: type[np.generic],
) -> Any:
    found = np.full(len(cells), instead, dtype=dtype)
    for at, cell in enumerate(cells):
        try:
            found[at] = read(cell)
        except (TypeError, ValueError, OverflowError):
            bad.note(places[at], cell)
    return found
