"""Addresses of field devices: short, by polling address, and long, by unique identifier.

Source: HART Token-Passing Data Link Layer Specification, HCF_SPEC-081 (FCG TS20081), §5.
"""

from typing import Final

import msgspec

from .errors import FrameError

PRIMARY_MASTER = 0x80
BURST_MODE = 0x40
ADDRESS_BITS = 0x3F
LAST_POLLING_ADDRESS = 63
LONG_BYTES = 5


class Address(msgspec.Struct, frozen=True):
    """One byte (polling address) or five (unique identifier), without the bits of master and burst mode."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) not in {1, LONG_BYTES}:
            raise FrameError(f"address must be 1 or {LONG_BYTES} bytes, got {len(self.octets)}")
        if self.octets[0] & ~ADDRESS_BITS:
            raise FrameError(f"first byte of an address must be 0..63, got {self.octets[0]}")

    @classmethod
    def polling(cls, number: int) -> "Address":
        """Return the short address of a polling address, 0..63 (0..15 before HART 6).

        Raises:
            FrameError: the number is beyond that.
        """
        if not 0 <= number <= LAST_POLLING_ADDRESS:
            raise FrameError(f"polling address must be 0..{LAST_POLLING_ADDRESS}, got {number}")
        return cls(bytes((number,)))

    @classmethod
    def unique(cls, device_type: int, device_id: int) -> "Address":
        """Return the long address of an expanded device type (its lower 14 bits count) and a 24-bit id."""
        octets = (device_type & 0x3FFF).to_bytes(2, "big") + (device_id & 0xFFFFFF).to_bytes(3, "big")
        return cls(octets)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Return the long address written as 10 hexadecimal digits, such as 39fd95266f.

        Raises:
            FrameError: the text is none.
        """
        try:
            octets = bytes.fromhex(text)
        except ValueError:
            octets = b""
        if len(octets) != LONG_BYTES:
            raise FrameError(f"long address must be 10 hexadecimal digits, got {text!r}")
        return cls(bytes((octets[0] & ADDRESS_BITS,)) + octets[1:])

    @property
    def is_long(self) -> bool:
        """Whether it is a unique identifier."""
        return len(self.octets) == LONG_BYTES

    @property
    def is_broadcast(self) -> bool:
        """Whether every device takes it for its own; the one that a command selects answers by its name."""
        return self.is_long and not any(self.octets)

    def __str__(self) -> str:
        return f"device {self.octets.hex()}" if self.is_long else f"polling address {self.octets[0]}"


BROADCAST: Final = Address(bytes(LONG_BYTES))
