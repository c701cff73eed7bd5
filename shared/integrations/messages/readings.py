"""Readings: raw as polled, clean as scored. Columns, so that one schema serves 1 sample and 1,000."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from .errors import MessageError

SCHEMA_VERSION = "1.0"
MAX_SAMPLES = 100_000
"""Samples in one column; a larger message is refused."""
MAX_COLUMNS = 10_000
"""Columns in one raw batch; a larger message is refused."""

Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$", max_length=128)]
Version = Annotated[str, Meta(pattern=r"^1\.[0-9]+$", description="schema version; readers accept any 1.x")]
Nanoseconds = Annotated[int, Meta(ge=0, description="UTC nanoseconds since 1970-01-01")]
StatusCode = Annotated[int, Meta(ge=0, le=0xFFFFFFFF, description="OPC UA StatusCode")]
Score = Annotated[float, Meta(ge=0, le=100)]
Times = Annotated[list[int], Meta(max_length=MAX_SAMPLES, description="UTC nanoseconds since 1970-01-01")]
Values = Annotated[
    list[float | None], Meta(max_length=MAX_SAMPLES, description="null where there is no value")
]
Statuses = Annotated[list[int], Meta(max_length=MAX_SAMPLES, description="OPC UA StatusCodes")]


class Origin(StrEnum):
    """Where readings come from."""

    MEASURED = "measured"
    SIMULATED = "simulated"


class RawColumn(Struct, frozen=True, gc=False):
    """Samples of one sensor, as the device gave them; the lists have one length."""

    sensor_id: Token
    quantity: str
    unit: str
    time: Times
    value: Values
    status: Statuses


class RawBatch(Struct, frozen=True, kw_only=True):
    """One poll of a connection: a column for each sensor behind it."""

    schema: Version = SCHEMA_VERSION
    site: Token
    device_class: Token
    source: Token
    sequence: Annotated[int, Meta(ge=0, description="poll number; starts at 0 with each epoch")]
    epoch: Nanoseconds
    """Start of the acquisition service that counts `sequence`."""
    origin: Origin
    columns: Annotated[list[RawColumn], Meta(max_length=MAX_COLUMNS)]

    def faults(self) -> Iterator[str]:
        """Yield what no type can say: columns whose lists differ in length."""
        for column in self.columns:
            if not len(column.time) == len(column.value) == len(column.status):
                yield (
                    f"column {column.sensor_id}: time has {len(column.time)}, value {len(column.value)}, "
                    f"status {len(column.status)} samples"
                )

    def check(self) -> None:
        """Raise MessageError naming every fault."""
        if faults := list(self.faults()):
            raise MessageError("; ".join(faults))


class CleanBatch(Struct, frozen=True, kw_only=True):
    """Cleaned samples of one sensor, oldest first; the lists have one length."""

    schema: Version = SCHEMA_VERSION
    site: Token
    device_class: Token
    source: Token
    sensor_id: Token
    quantity: str
    unit: str
    """Unit of `value`."""
    raw_unit: str
    """Unit of `raw_value`."""
    origin: Origin
    raw_sequence: Annotated[
        int, Meta(ge=0, description="stream sequence in RAW of the newest sample's message")
    ]
    time: Times
    value: Values
    raw_value: Values
    status: Statuses
    quality: Annotated[list[float], Meta(max_length=MAX_SAMPLES, description="0 (useless) to 100 (no doubt)")]
    qartod: Annotated[list[int], Meta(max_length=MAX_SAMPLES, description="QARTOD flags 1, 2, 3, 4, 9")]
    flags: Annotated[list[int], Meta(max_length=MAX_SAMPLES, description="bit mask of what was found")]
