"""Cleaned readings as rows, in the order of the file they came from."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from integrations.quality import distinct, names
from integrations.transformation.segments import Indices, Times

from .cleaning import Cleaned
from .recording import Told
from .tables import CHUNK_ROWS

COLUMNS = (
    "time", "sensor", "value", "unit", "quality", "flags", "status", "qartod", "raw_value", "raw_unit",
)  # fmt: skip
_UNITS_OF_TIME = (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1))


class Sink(Protocol):
    """A file that is written chunk by chunk."""

    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows; `time` is UTC nanoseconds."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class CsvSink:
    """A CSV file: times as ISO 8601 in UTC, flags by name, no value as an empty cell."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows."""
        texts = {name: _texts(name, cells) for name, cells in columns.items()}
        self._writer.writerows(zip(*(texts[name] for name in COLUMNS), strict=True))

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()


def write_rows(sink: Sink, cleaned: Sequence[Cleaned], told: Told = lambda _: None) -> None:
    """Write the readings of all sensors, row by row of the file they came from."""
    lengths = [one.row.size for one in cleaned]
    order = np.argsort(np.concatenate([one.row for one in cleaned]), kind="stable")
    sensor = np.repeat(np.arange(len(cleaned)), lengths)[order]
    inside = np.concatenate([np.arange(length) for length in lengths])[order]
    for start in range(0, order.size, CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        sink.write(dict(_columns(cleaned, sensor[part], inside[part])))
        told(min(1.0, (start + CHUNK_ROWS) / order.size))


def _columns(
    cleaned: Sequence[Cleaned], sensor: Indices, inside: Indices
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield the columns of some rows, gathered from their sensors."""
    at = {which: np.flatnonzero(sensor == which) for which in np.unique(sensor).tolist()}

    def gathered(field: str) -> Any:
        found = np.zeros(sensor.size, dtype=getattr(cleaned[0], field).dtype)
        for which, places in at.items():
            found[places] = getattr(cleaned[which], field)[inside[places]]
        return found

    flags = np.zeros(sensor.size, np.uint32)
    for which, places in at.items():
        flags[places] = cleaned[which].flags[inside[places]]
    words = {mask: " ".join(names(mask)) for mask in distinct(flags)[0].tolist()}
    raw_code = gathered("raw_unit")
    yield "time", gathered("time")
    yield "sensor", [cleaned[which].sensor_id for which in sensor.tolist()]
    yield "value", gathered("value")
    yield "unit", [cleaned[which].unit for which in sensor.tolist()]
    yield "quality", gathered("quality")
    yield "flags", [words[mask] for mask in flags.tolist()]
    yield "status", gathered("status")
    yield "qartod", gathered("qartod")
    yield "raw_value", gathered("raw_value")
    yield (
        "raw_unit",
        [
            cleaned[which].raw_units[code]
            for which, code in zip(sensor.tolist(), raw_code.tolist(), strict=True)
        ],
    )


def _texts(name: str, cells: Sequence[Any]) -> Sequence[Any]:
    if not isinstance(cells, np.ndarray):
        return cells
    if name == "time":
        return iso(cells)
    listed = cells.tolist()
    if cells.dtype.kind == "f":
        for at in np.flatnonzero(np.isnan(cells)).tolist():
            listed[at] = ""
    return listed


def iso(time: Times) -> list[str]:
    """Return times as ISO 8601 in UTC, with as many digits as they all need."""
    unit = next((unit for unit, length in _UNITS_OF_TIME if not (time % length).any()), "ns")
    stamps: list[str] = np.datetime_as_string(time.astype("datetime64[ns]"), unit=unit).tolist()  # type: ignore[call-overload]  # a unit is one of four texts
    return [stamp + "Z" for stamp in stamps]
