"""Texts, dates and numbers inside the data of a command.

Source: HCF_SPEC-99 (FCG TS20099), §5 and annex (packed ASCII).
"""

from datetime import date
from struct import Struct

from .errors import FrameError

FLOAT = Struct(">f")
_CHARACTERS_A_GROUP = 4
_FIRST_YEAR = 1900


def packed_ascii(data: bytes) -> str:
    """Read 6-bit characters, four in three bytes, without the spaces at the end.

    Raises:
        FrameError: `data` is not a multiple of three bytes.
    """
    if len(data) % 3:
        raise FrameError(f"packed ASCII must be a multiple of 3 bytes, got {len(data)}")
    bits = int.from_bytes(data, "big")
    count = len(data) // 3 * _CHARACTERS_A_GROUP
    codes = (bits >> 6 * (count - 1 - at) & 0x3F for at in range(count))
    return "".join(chr(code if code & 0x20 else code | 0x40) for code in codes).rstrip()


def to_packed_ascii(text: str, size: int) -> bytes:
    """Write a text into `size` bytes, filled up with spaces; the inverse of `packed_ascii`.

    Raises:
        FrameError: it is too long, or has a character that packed ASCII lacks (lower case among them).
    """
    count = size // 3 * _CHARACTERS_A_GROUP
    if len(text) > count or not all(" " <= character <= "_" for character in text):
        raise FrameError(f"text must be at most {count} characters of packed ASCII, got {text!r}")
    bits = 0
    for character in text.ljust(count):
        bits = bits << 6 | ord(character) & 0x3F
    return bits.to_bytes(size, "big")


def latin_1(data: bytes) -> str:
    """Read an ISO Latin-1 text up to its first NUL, without the spaces at the end."""
    return data.split(b"\0", 1)[0].decode("latin-1").rstrip()


def to_latin_1(text: str, size: int) -> bytes:
    """Write a text into `size` bytes, filled up with NUL.

    Raises:
        FrameError: it is too long or no Latin-1.
    """
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        data = b"\0" * (size + 1)
    if len(data) > size:
        raise FrameError(f"text must be at most {size} Latin-1 characters, got {text!r}")
    return data.ljust(size, b"\0")


def calendar_date(data: bytes) -> date | None:
    """Read day, month and year since 1900; None where the device holds no date."""
    day, month, year = data
    try:
        return date(_FIRST_YEAR + year, month, day)
    except ValueError:
        return None


def from_calendar_date(day: date | None) -> bytes:
    """Write a date; None as zeros. Years are 1900..2155."""
    if day is None:
        return bytes(3)
    if not 0 <= day.year - _FIRST_YEAR <= 255:
        raise FrameError(f"year must be {_FIRST_YEAR}..{_FIRST_YEAR + 255}, got {day.year}")
    return bytes((day.day, day.month, day.year - _FIRST_YEAR))


def require(data: bytes, size: int, what: str) -> None:
    """Check that the data of a command are long enough; what is beyond belongs to later revisions.

    Raises:
        FrameError: they are not.
    """
    if len(data) < size:
        raise FrameError(f"{what} takes at least {size} data bytes, got {len(data)}")
