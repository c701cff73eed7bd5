"""Field types that messages share, with the bounds that a decoder enforces."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

SCHEMA_VERSION = "1.0"
MAX_SAMPLES = 100_000
"""Samples in one column; a larger message is refused."""
MAX_COLUMNS = 10_000
"""Columns in one raw batch; a larger message is refused."""
INT64_MAX = 2**63 - 1

# \Z and not $: Python's $ also matches before a last newline, which would end up in a subject.
Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", max_length=128)]
Version = Annotated[
    str, Meta(pattern=r"^1\.[0-9]+\Z", max_length=16, description="schema version; readers accept any 1.x")
]
Label = Annotated[str, Meta(max_length=128)]
"""A name that readers keep: a quantity, a unit, a version."""
Count = Annotated[int, Meta(ge=0, le=INT64_MAX)]
Nanoseconds = Annotated[
    int, Meta(ge=0, le=INT64_MAX, description="UTC nanoseconds since 1970-01-01, a 64-bit integer")
]
StatusCode = Annotated[int, Meta(ge=0, le=0xFFFFFFFF, description="OPC UA StatusCode")]
Score = Annotated[float, Meta(ge=0, le=100)]

Times = Annotated[list[Nanoseconds], Meta(max_length=MAX_SAMPLES)]
Values = Annotated[
    list[float | None], Meta(max_length=MAX_SAMPLES, description="null where there is no value")
]
Statuses = Annotated[list[StatusCode], Meta(max_length=MAX_SAMPLES)]


class Origin(StrEnum):
    """Where readings come from."""

    MEASURED = "measured"
    SIMULATED = "simulated"
