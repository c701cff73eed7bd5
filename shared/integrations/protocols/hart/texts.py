"""Answers that people write into devices: commands 12, 13, 15 and 20.

Source: HCF_SPEC-127 (FCG TS20127).
"""

from datetime import date
from struct import Struct

import msgspec

from .fields import (
    calendar_date,
    from_calendar_date,
    latin_1,
    packed_ascii,
    require,
    to_latin_1,
    to_packed_ascii,
)
from .unit_codes import NOT_USED, unit_text

MESSAGE_BYTES = 24
TAG_BYTES = 6
DESCRIPTOR_BYTES = 12
LONG_TAG_BYTES = 32
_OUTPUT = Struct(">BBBfffBB")


class MessageText(msgspec.Struct, frozen=True):
    """Answer to command 12: 32 characters."""

    text: str

    @classmethod
    def decode(cls, data: bytes) -> "MessageText":
        """Read the data; FrameError when too short."""
        require(data, MESSAGE_BYTES, "command 12")
        return cls(packed_ascii(data[:MESSAGE_BYTES]))

    def encode(self) -> bytes:
        """Return the data; FrameError for a text that does not fit."""
        return to_packed_ascii(self.text, MESSAGE_BYTES)


class TagDescriptorDate(msgspec.Struct, frozen=True):
    """Answer to command 13: tag of 8, descriptor of 16 characters, and a date."""

    tag: str
    descriptor: str
    day: date | None = None

    @classmethod
    def decode(cls, data: bytes) -> "TagDescriptorDate":
        """Read the data; FrameError when too short."""
        middle = TAG_BYTES + DESCRIPTOR_BYTES
        require(data, middle + 3, "command 13")
        return cls(
            packed_ascii(data[:TAG_BYTES]),
            packed_ascii(data[TAG_BYTES:middle]),
            calendar_date(data[middle : middle + 3]),
        )

    def encode(self) -> bytes:
        """Return the data; FrameError for what does not fit."""
        tag = to_packed_ascii(self.tag, TAG_BYTES)
        return tag + to_packed_ascii(self.descriptor, DESCRIPTOR_BYTES) + from_calendar_date(self.day)


class OutputInformation(msgspec.Struct, frozen=True):
    """Answer to command 15: range, damping and alarm of the primary variable."""

    alarm_selection: int
    transfer_function: int
    unit_code: int
    upper_range: float
    lower_range: float
    damping_seconds: float
    write_protect: int
    distributor: int = NOT_USED
    analog_channel_flags: int | None = None

    @property
    def unit(self) -> str:
        """Unit of the range."""
        return unit_text(self.unit_code)

    @classmethod
    def decode(cls, data: bytes) -> "OutputInformation":
        """Read the data; FrameError when too short."""
        require(data, _OUTPUT.size, "command 15")
        flags = data[_OUTPUT.size] if len(data) > _OUTPUT.size else None
        fields = (*_OUTPUT.unpack_from(data), flags)
        return cls(*fields)

    def encode(self) -> bytes:
        """Return the data."""
        *fields, flags = msgspec.structs.astuple(self)
        return _OUTPUT.pack(*fields) + (b"" if flags is None else bytes((flags,)))


class LongTag(msgspec.Struct, frozen=True):
    """Answer to command 20: 32 characters, since HART 6."""

    tag: str

    @classmethod
    def decode(cls, data: bytes) -> "LongTag":
        """Read the data; FrameError when too short."""
        require(data, LONG_TAG_BYTES, "command 20")
        return cls(latin_1(data[:LONG_TAG_BYTES]))

    def encode(self) -> bytes:
        """Return the data; FrameError for a tag that does not fit."""
        return to_latin_1(self.tag, LONG_TAG_BYTES)
