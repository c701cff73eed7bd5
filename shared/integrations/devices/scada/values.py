"""What is known of a tag: its last reading, in the words of people and as a number for the bus."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from integrations.messages import Origin, is_bad, is_good


class DataQuality(StrEnum):
    """The severity of an OPC UA StatusCode."""

    GOOD = "good"
    BAD = "bad"
    UNCERTAIN = "uncertain"


class TagReading(NamedTuple):
    """One value of one tag as a source gave it."""

    tag: int
    """Place in the table of tags."""
    value: Any
    """None where there is none."""
    status: int
    """OPC UA StatusCode."""
    source_ns: int | None = None
    """When the value came about, by the clock of its source (UTC ns); None where the source does not say."""
    server_ns: int | None = None
    """When the server knew it to be so (UTC ns)."""
    data_type: str = ""
    """Type of the value in the protocol's own words; empty where it does not say."""


@dataclass(slots=True)
class SCADATag:
    """A tag and its last value."""

    tag_name: str
    description: str = ""
    data_type: str = "float"
    engineering_units: str = ""
    scan_rate: int = 1000
    """Milliseconds."""
    last_value: Any = None
    last_update: datetime | None = None
    """Time of the value at its source, UTC."""
    quality: DataQuality = DataQuality.GOOD
    origin: Origin = Origin.MEASURED


def quality_of(status: int) -> DataQuality:
    """Return the severity of a StatusCode."""
    if is_good(status):
        return DataQuality.GOOD
    return DataQuality.BAD if is_bad(status) else DataQuality.UNCERTAIN


def number_of(value: Any) -> float | None:
    """Return the value as the bus carries it: switches are 0 and 1, an enumeration its number, else None.

    An integer beyond 2⁵³ loses its last digits, since every value is carried as float64.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool | int | float):
        return float(value)
    return None
