"""Polls of which nothing is new but the values: judged once, then only read."""

import math
from struct import Struct

import numpy as np

from integrations.messages.status import Status

from .frame import STATUS_BYTES, parity
from .link import Request
from .poll import HartPoll

_number = int.from_bytes  # big-endian


class RepeatedAnswer:
    """Answers to `request`, command 9 for some of PV to QV, after one that was judged.

    One that differs from it in nothing but finite values, its time and its check byte has the same
    StatusCodes and units. What must not differ, from the address on, is compared as one number.
    """

    def __init__(self, request: Request, units: tuple[str, ...]) -> None:
        self.request = request
        self.units = units
        self._before = len(request.answer_head) + 1 + STATUS_BYTES
        # extended status; of each slot code, classification and unit code, then value, then status
        self._values = Struct(f">{self._before + 1}x" + "3xfx" * len(units))
        self._mask = self._said = self._size = 0
        self._judged: HartPoll | None = None

    def learn(self, pdu: bytes, judged: HartPoll) -> None:
        """Take `judged` for what `pdu` means, unless a value of it is bad."""
        self._judged = None
        alike = pdu.startswith(self.request.answer_head) and len(pdu) > self._values.size
        if not alike or (judged.status >= Status.BAD).any():
            return
        judged.status.flags.writeable = False  # the polls to come share it
        self._judged, self._size = judged, len(pdu)
        mask = b"\xff" * (self._before + 1) + b"\xff\xff\xff\0\0\0\0\xff" * len(self.units)
        self._mask = _number(mask.ljust(len(pdu), b"\0"))
        self._said = _number(pdu) & self._mask

    def read(self, pdu: bytes, time_ns: int, duration_seconds: float) -> HartPoll | None:
        """Return the poll that an answer makes; None when it has to be judged."""
        judged, size, number = self._judged, len(pdu), _number(pdu)
        if judged is None or size != self._size or number & self._mask != self._said:
            return None
        values = self._values.unpack_from(pdu)
        # the sum of finite 32-bit numbers is finite, any other number makes it inf or NaN
        if not math.isfinite(sum(values)) or parity(number, size):
            return None
        return HartPoll(
            judged.names,
            time_ns,
            duration_seconds,
            np.array(values),
            judged.status,
            judged.units,
            judged.device_status,
        )
