"""Everything in a file: for each sensor its times and values, in the order of its rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.configuration import ConfigurationError, FaultList
from integrations.transformation.segments import Floats, Indices, Times

from .cells import BadCells, TimeCells, numbers_of
from .layout import Layout, hint_of
from .tables import Chunk, Source, file_fault

Told = Callable[[float], None]
"""Is told how much is done, 0 to 1."""
UNIT_NOT_SAID = ""


@dataclass(frozen=True)
class Recorded:
    """The readings of one sensor in one unit."""

    sensor_id: str
    unit: str
    """As the file says it; empty where it does not."""
    row: Indices
    """Of each, from 0."""
    time: Times
    """UTC nanoseconds."""
    value: Floats
    """NaN where there is none."""


def read_recording(
    source: Source, layout: Layout, only: Sequence[str] = (), told: Told = lambda _: None
) -> list[Recorded]:
    """Return the readings of each sensor, sensors in the order of the file.

    Args:
        source: the file.
        layout: of its columns.
        only: sensors to be read; none given reads all.
        told: how far it is.

    Raises:
        ConfigurationError: lists the cells that cannot be read, and sensors that are not there.
    """
    wrong = FaultList()
    reader = _Long(source, layout, layout.long) if layout.long else _Wide(source, layout)
    try:
        for chunk in source.chunks(layout.columns):
            reader.take(chunk)
            told(chunk.share)
    except ConfigurationError as error:
        wrong.absorb(error)
    wrong.extend(reader.faults())
    found = reader.recorded() if not wrong else []
    there = list(dict.fromkeys(one.sensor_id for one in found))
    if found and layout.long:
        wrong.extend(
            file_fault(source.path, f"must have the sensor ({hint_of(name, there)})", name)
            for name in only
            if name not in there
        )
    if not (wrong or found):
        wrong.append(file_fault(source.path, "must have at least one row"))
    wrong.raise_any()
    return [one for one in found if not only or one.sensor_id in only]


class _Wide:
    """Takes in files with a column for each sensor."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._layout = layout
        self._bad = {name: _bad(source, name) for name in layout.columns if name != layout.time}
        self._bad_times = _bad_times(source, layout)
        self._clock = TimeCells(self._bad_times)
        self._times: list[Times] = []
        self._values: dict[str, list[Floats]] = {name: [] for name in self._bad}

    def take(self, chunk: Chunk) -> None:
        """Take in some rows."""
        self._times.append(self._clock.read(chunk.columns[self._layout.time], chunk.places))
        for name, values in self._values.items():
            values.append(self._numbers(chunk, name))

    def _numbers(self, chunk: Chunk, name: str) -> Floats:
        return numbers_of(chunk.columns[name], chunk.places, self._bad[name], chunk.commas_part_cells)

    def faults(self) -> FaultList:
        """Return what could not be read."""
        return FaultList(fault for bad in (self._bad_times, *self._bad.values()) for fault in bad.faults())

    def recorded(self) -> list[Recorded]:
        """Return the readings of each sensor; columns without a row are none."""
        time = _joined(self._times, np.int64)
        row = np.arange(time.size)
        return [
            Recorded(
                one.sensor_id,
                one.unit or UNIT_NOT_SAID,
                row,
                time,
                _joined(self._values[one.column], np.float64),
            )
            for one in self._layout.sensors
            if time.size
        ]


class _Long:
    """Takes in files with a row for each reading."""

    def __init__(self, source: Source, layout: Layout, columns: tuple[str, str, str | None]) -> None:
        self._layout = layout
        self._sensor, self._value, self._unit = columns
        self._bad_times, self._bad = _bad_times(source, layout), _bad(source, self._value)
        self._bad_names = BadCells(source.path, source.place, self._sensor, "must name a sensor")
        self._clock = TimeCells(self._bad_times)
        self._codes: dict[tuple[str, str], int] = {}
        self._code: list[Indices] = []
        self._times: list[Times] = []
        self._values: list[Floats] = []

    def take(self, chunk: Chunk) -> None:
        """Take in some rows."""
        self._times.append(self._clock.read(chunk.columns[self._layout.time], chunk.places))
        cells = chunk.columns[self._value]
        self._values.append(numbers_of(cells, chunk.places, self._bad, chunk.commas_part_cells))
        names = chunk.columns[self._sensor]
        units = chunk.columns[self._unit] if self._unit else [UNIT_NOT_SAID] * len(names)
        codes = self._codes
        keys = list(zip(names, units, strict=True))
        for key in dict.fromkeys(keys):
            codes.setdefault(key, len(codes))
        self._code.append(np.fromiter(map(codes.__getitem__, keys), np.intp, len(keys)))
        if not all(names):
            for place in (place for place, name in zip(chunk.places, names, strict=True) if not name):
                self._bad_names.note(place, "")

    def faults(self) -> FaultList:
        """Return what could not be read."""
        return FaultList(
            fault for bad in (self._bad_times, self._bad_names, self._bad) for fault in bad.faults()
        )

    def recorded(self) -> list[Recorded]:
        """Return the readings of each sensor in each unit."""
        code, time = _joined(self._code, np.intp), _joined(self._times, np.int64)
        value = _joined(self._values, np.float64)
        order = np.argsort(code, kind="stable")
        ends = np.cumsum(np.bincount(code, minlength=len(self._codes)))
        rows = np.split(order, ends[:-1]) if self._codes else []
        return [
            Recorded(str(name).strip(), str(unit or "").strip(), row, time[row], value[row])
            for (name, unit), row in zip(self._codes, rows, strict=True)
        ]


def _bad(source: Source, column: str) -> BadCells:
    return BadCells(source.path, source.place, column, "must be a number or empty")


def _bad_times(source: Source, layout: Layout) -> BadCells:
    allowed = "must be a time from 1970 to 2261: ISO 8601 or a number since 1970"
    return BadCells(source.path, source.place, layout.time, allowed)


def _joined(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)
