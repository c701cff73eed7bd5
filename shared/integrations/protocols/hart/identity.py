"""Answers that say which device it is: commands 0, 11 and 21.

HART 5 answers with 12 bytes, HART 6 with 17, HART 7 with 22. Source: HCF_SPEC-127 (FCG TS20127), command 0.
"""

from struct import Struct

import msgspec

from .address import Address
from .errors import FrameError
from .fields import require

EXPANSION = 254
_HEAD = Struct(">BHBBBBBB")
_HART_6 = Struct(">BBHB")
_HART_7 = Struct(">HHB")
_SIZES = (12, 17, 22)


class Identity(msgspec.Struct, frozen=True):
    """Who a device is; what its revision does not send is None.

    `device_type` are the two bytes of the long address: manufacturer and type up to HART 5 and 6, the
    expanded device type since HART 7.
    """

    device_type: int
    request_preambles: int
    universal_revision: int
    device_revision: int
    software_revision: int
    hardware: int
    flags: int
    device_id: int
    response_preambles: int | None = None
    device_variables: int | None = None
    configuration_changes: int | None = None
    extended_status: int | None = None
    manufacturer_id: int | None = None
    distributor_id: int | None = None
    profile: int | None = None

    @property
    def address(self) -> Address:
        """Long address."""
        return Address.unique(self.device_type, self.device_id)

    @property
    def manufacturer(self) -> int:
        """Manufacturer id: its own field since HART 7, before that the upper byte of the type."""
        return self.device_type >> 8 if self.manufacturer_id is None else self.manufacturer_id

    @property
    def hardware_revision(self) -> int:
        """Revision of the electronics."""
        return self.hardware >> 3

    @property
    def physical_signaling(self) -> int:
        """Kind of physical layer; 0 is Bell 202 current."""
        return self.hardware & 7

    @classmethod
    def decode(cls, data: bytes) -> "Identity":
        """Read the data of an answer.

        Raises:
            FrameError: it is too short, or begins with something else than 254.
        """
        require(data, _SIZES[0], "an identity")
        expansion, *head = _HEAD.unpack_from(data)
        if expansion != EXPANSION:
            raise FrameError(f"an identity begins with {EXPANSION}, got {expansion}")
        fields = [*head, int.from_bytes(data[9:12], "big")]
        if len(data) >= _SIZES[1]:
            fields += _HART_6.unpack_from(data, 12)
        if len(data) >= _SIZES[2]:
            fields += _HART_7.unpack_from(data, 17)
        return cls(*fields)

    def encode(self) -> bytes:
        """Return the data that its revision sends."""
        head = _HEAD.pack(
            EXPANSION,
            self.device_type,
            self.request_preambles,
            self.universal_revision,
            self.device_revision,
            self.software_revision,
            self.hardware,
            self.flags,
        ) + self.device_id.to_bytes(3, "big")
        middle, tail = msgspec.structs.astuple(self)[8:12], msgspec.structs.astuple(self)[12:]
        if None in middle:
            return head
        return head + _HART_6.pack(*middle) + (b"" if None in tail else _HART_7.pack(*tail))
