"""Answer to command 48: what the bit "more status available" speaks of.

Source: HCF_SPEC-127 (FCG TS20127), command 48.
"""

import msgspec

from .device_status import ExtendedStatus
from .fields import require

_DEVICE_SPECIFIC_BYTES = 6
_EXTENDED_AT, _MODE_AT = 6, 7
_STANDARDIZED_AT = (8, 9, 11, 12)
_SATURATED_AT, _FIXED_AT = 10, 13
_MORE_AT = 14


class AdditionalStatus(msgspec.Struct, frozen=True):
    """The bytes as they came, 1 to 25, with names; a field that the revision does not send is 0 or empty."""

    data: bytes

    @classmethod
    def decode(cls, data: bytes) -> "AdditionalStatus":
        """Read the data; FrameError when there are none."""
        require(data, 1, "command 48")
        return cls(data)

    def encode(self) -> bytes:
        """Return the data."""
        return self.data

    @property
    def device_specific(self) -> bytes:
        """Bits that the device's manual explains."""
        return self.data[:_DEVICE_SPECIFIC_BYTES] + self.data[_MORE_AT:]

    @property
    def extended(self) -> ExtendedStatus:
        """Extended field device status."""
        return ExtendedStatus(self._byte(_EXTENDED_AT))

    @property
    def operating_mode(self) -> int:
        """Device operating mode; 0 in today's devices."""
        return self._byte(_MODE_AT)

    @property
    def standardized(self) -> tuple[int, ...]:
        """Standardized status 0 to 3."""
        return tuple(self._byte(at) for at in _STANDARDIZED_AT)

    @property
    def saturated_channels(self) -> int:
        """Analog channels, one bit each, whose current is saturated."""
        return self._byte(_SATURATED_AT)

    @property
    def fixed_channels(self) -> int:
        """Analog channels, one bit each, whose current is fixed."""
        return self._byte(_FIXED_AT)

    def _byte(self, at: int) -> int:
        return self.data[at] if at < len(self.data) else 0
