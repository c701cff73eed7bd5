"""Readings: raw as polled, clean as scored. Columns, so that one schema serves 1 sample and 1,000."""

from collections.abc import Iterator, Sized
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .errors import MessageError
from .fields import (
    MAX_COLUMNS,
    MAX_SAMPLES,
    SCHEMA_VERSION,
    Count,
    Label,
    Nanoseconds,
    Origin,
    Score,
    Statuses,
    Times,
    Token,
    Values,
    Version,
)
from .flags import Flag

_BITS = ", ".join(f"{flag.value} {flag.name} ({flag.words})" for flag in Flag)


class RawColumn(Struct, frozen=True, gc=False):
    """Samples of one sensor, as the device gave them; the lists have one length."""

    sensor_id: Token
    quantity: Label
    unit: Label
    time: Times
    value: Values
    status: Statuses


class RawBatch(Struct, frozen=True, kw_only=True):
    """One poll of a connection: a column for each sensor behind it."""

    schema: Version = SCHEMA_VERSION
    site: Token
    device_class: Token
    source: Token
    sequence: Annotated[Count, Meta(description="poll number; starts at 0 with each epoch")]
    epoch: Nanoseconds
    """Start of the acquisition service that counts `sequence`."""
    origin: Origin
    columns: Annotated[list[RawColumn], Meta(max_length=MAX_COLUMNS)]

    def faults(self) -> Iterator[str]:
        """Yield what no type can say: a sensor that is there twice, columns whose lists differ in length."""
        seen: set[str] = set()
        for column in self.columns:
            if column.sensor_id in seen:
                yield f"column {column.sensor_id}: is there twice"
            seen.add(column.sensor_id)
            if not len(column.time) == len(column.value) == len(column.status):
                yield f"column {column.sensor_id}: " + _lengths(
                    time=column.time, value=column.value, status=column.status
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
    quantity: Label
    unit: Annotated[Label, Meta(description="unit of `value`")]
    raw_unit: Annotated[Label, Meta(description="unit of `raw_value`")]
    origin: Origin
    raw_sequence: Annotated[Count, Meta(description="stream sequence in RAW of the newest sample's message")]
    time: Times
    value: Values
    raw_value: Values
    status: Statuses
    quality: Annotated[
        list[Score], Meta(max_length=MAX_SAMPLES, description="0 (useless) to 100 (no doubt); valid from 50")
    ]
    qartod: Annotated[
        list[Annotated[int, Meta(ge=1, le=9)]],
        Meta(
            max_length=MAX_SAMPLES,
            description="QARTOD: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing",
        ),
    ]
    flags: Annotated[
        list[Count],
        Meta(
            max_length=MAX_SAMPLES,
            description=f"sum of what was found, 0 for nothing; pass over bits that you do not know: {_BITS}",
        ),
    ]
    uncertainty: (
        Annotated[Values, Meta(description="standard uncertainty of `value`, where it is known")] | UnsetType
    ) = UNSET


def _lengths(**lists: Sized) -> str:
    """Return `time has 2, value 1, status 2 samples`."""
    (name, first), *others = ((name, len(values)) for name, values in lists.items())
    return f"{name} has {first}, " + ", ".join(f"{name} {length}" for name, length in others) + " samples"
