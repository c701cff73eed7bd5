"""Which columns of a file are what: wide, one column for each sensor, or long, one row for each reading."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from integrations.configuration import Fault, FaultList

from .tables import Source, file_fault

TIME_NAMES = ("time", "timestamp", "datetime", "date_time", "date/time", "time_utc", "date", "ts", "zeit")
SENSOR_NAMES = ("sensor", "sensor_id", "tag", "name", "channel")
VALUE_NAMES = ("value", "reading")
UNIT_NAMES = ("unit", "units", "uom")

_WITH_UNIT = re.compile(r"(?P<name>.*\S)\s*(?:\[(?P<square>[^\[\]]+)\]|\s\((?P<round>[^()]+)\))")


@dataclass(frozen=True)
class SensorColumn:
    """A column of a wide file."""

    column: str
    sensor_id: str
    unit: str | None
    """As its heading says it: `header_pressure [psi]`."""


@dataclass(frozen=True)
class Layout:
    """The columns of a file that are read."""

    time: str
    sensors: Sequence[SensorColumn] = ()
    """Of a wide file."""
    long: tuple[str, str, str | None] | None = None
    """Sensor, value, unit of a long file."""

    @property
    def columns(self) -> list[str]:
        """All that are read."""
        if self.long:
            return [self.time, *(name for name in self.long if name)]
        return [self.time, *(sensor.column for sensor in self.sensors)]


def layout_of(
    source: Source, time: str | None = None, long: str | None = None, only: Sequence[str] = ()
) -> Layout:
    """Return the layout of a file, by its columns' names unless told.

    Args:
        source: the file.
        time: name of its column of times; None looks for one of the usual names.
        long: names of a long file's columns, `sensor,value` or `sensor,value,unit`; None looks for them.
        only: sensors to be read; none given reads all.

    Raises:
        ConfigurationError: lists every column that is asked for and not there.
    """
    wrong = FaultList()
    times = _chosen(source, "--time", time, TIME_NAMES, wrong)
    if times is None and time is None:
        wrong.append(
            file_fault(source.path, f"has no column of times ({', '.join(TIME_NAMES)}): name it with --time")
        )
    columns = _long_columns(source, long, wrong)
    sensors: list[SensorColumn] = []
    if columns is None:
        sensors = [sensor_column(name) for name in source.names if name not in ("", times)]
        wrong.extend(_not_there(only, [sensor.sensor_id for sensor in sensors]))
        sensors = [sensor for sensor in sensors if not only or sensor.sensor_id in only]
        if not (sensors or only):
            wrong.append(file_fault(source.path, "has no column of values"))
    wrong.raise_any()
    return Layout(times or "", sensors, columns)


def sensor_column(column: str) -> SensorColumn:
    """Take the unit off a heading: `flow [t/h]`, `flow (t/h)`."""
    match = _WITH_UNIT.fullmatch(column)
    if not match:
        return SensorColumn(column, column, None)
    return SensorColumn(column, match["name"], (match["square"] or match["round"]).strip())


def _long_columns(source: Source, long: str | None, wrong: FaultList) -> tuple[str, str, str | None] | None:
    if long is None:
        found = [_first(source.names, names) for names in (SENSOR_NAMES, VALUE_NAMES, UNIT_NAMES)]
        return (found[0], found[1], found[2]) if found[0] and found[1] else None
    named = [name.strip() for name in long.split(",")]
    if not 2 <= len(named) <= 3:
        wrong.append(Fault("", "--long", long, "must be sensor,value or sensor,value,unit: names of columns"))
        return None
    for name in named:
        _chosen(source, "--long", name, (), wrong)
    return (named[0], named[1], named[2] if len(named) == 3 else None)


def _chosen(
    source: Source, option: str, wanted: str | None, usual: Sequence[str], wrong: FaultList
) -> str | None:
    if wanted is None:
        return _first(source.names, usual)
    if wanted not in source.names:
        wrong.append(Fault("", option, wanted, f"must be one of the columns {', '.join(source.names)}"))
    return wanted


def _first(names: Sequence[str], usual: Sequence[str]) -> str | None:
    return next((name for one in usual for name in names if name.casefold() == one), None)


def _not_there(wanted: Iterable[str], there: Sequence[str]) -> list[Fault]:
    return [
        Fault("", "--sensor", name, f"is not in the file ({hint_of(name, there)})")
        for name in wanted
        if name not in there
    ]


def hint_of(name: str, known: Sequence[str]) -> str:
    """Return the known name that may have been meant, else all of them."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
