"""A value as a server gives it: with its StatusCode, its times and its type."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from asyncua import ua

from integrations.messages.status import is_bad, is_good, is_uncertain

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INFO_OVERFLOW = 0x0480
"""InfoType DataValue with its Overflow bit: the server's queue of the item was full (Part 4 §7.39.1)."""
CODE_BITS = 0xFFFF0000
LAST_YEAR = 2261
"""Later times have no place in 64 bits of nanoseconds."""


class OpcUaValue(msgspec.Struct, frozen=True, gc=False):
    """The value of a node as it was configured; times are UTC ns, None where the server gave none.

    `status` is the whole StatusCode, info bits included. `value` is what the server sent, also under a Bad
    status, and None where it sent nothing. `data_type` is the built-in type's name, empty without a value.
    """

    node: str
    value: Any
    status: int
    source_time_ns: int | None = None
    server_time_ns: int | None = None
    data_type: str = ""

    @property
    def code(self) -> int:
        """StatusCode without its info bits: what `messages.status.Status` names."""
        return self.status & CODE_BITS

    @property
    def good(self) -> bool:
        """Whether the severity is Good."""
        return is_good(self.status)

    @property
    def uncertain(self) -> bool:
        """Whether the severity is Uncertain."""
        return is_uncertain(self.status)

    @property
    def bad(self) -> bool:
        """Whether the severity is Bad."""
        return is_bad(self.status)

    @property
    def overflow(self) -> bool:
        """Whether values before or after this one were dropped because the server's queue was full."""
        return self.status & INFO_OVERFLOW == INFO_OVERFLOW

    @property
    def time_ns(self) -> int | None:
        """The source's time, or the server's where there is none."""
        return self.source_time_ns if self.source_time_ns is not None else self.server_time_ns


def bad_value(node: str, status: int) -> OpcUaValue:
    """Stand-in for a node that gave no value."""
    return OpcUaValue(node, None, status)


def from_data_value(node: str, data: ua.DataValue) -> OpcUaValue:
    """Take over what a server sent for `node`."""
    variant = data.Value
    kind = variant.VariantType if variant is not None else None
    return OpcUaValue(
        node,
        None if variant is None else variant.Value,
        0 if data.StatusCode is None else data.StatusCode.value,
        to_ns(data.SourceTimestamp),
        to_ns(data.ServerTimestamp),
        "" if kind is None or kind is ua.VariantType.Null else kind.name,
    )


def to_ns(time: datetime | None) -> int | None:
    """UTC ns of a DateTime; None for what servers send for want of one: the years 1601 and 9999."""
    if time is None or time.year > LAST_YEAR:
        return None
    since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH
    if since.days < 0:
        return None
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def from_ns(time_ns: int) -> datetime:
    """DateTime of UTC ns, to the microsecond."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
