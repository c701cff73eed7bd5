"""Polls of which nothing is new but the values: judged once, then only read."""

import math
from struct import Struct

import numpy as np

from integrations.messages.status import Status

from .frame import Reply
from .poll import HartPoll


class RepeatedAnswer:
    """Answers to command 9 for some of PV to QV, after one that was judged.

    An answer that differs from the judged one in nothing but finite values has its StatusCodes and units.
    """

    def __init__(self, units: tuple[str, ...]) -> None:
        self.units = units
        # extended status; of each slot code, classification and unit code, then value, then status
        self._wire = Struct(">B" + "3sfB" * len(units))
        self._said: tuple[object, ...] | None = None
        self._judged: HartPoll | None = None

    def learn(self, reply: Reply, judged: HartPoll) -> None:
        """Take `judged` for what `reply` means, unless a value of it is bad."""
        self._said, self._judged = None, judged
        if len(reply.data) >= self._wire.size and not (judged.status >= Status.BAD).any():
            judged.status.flags.writeable = False  # the polls to come share it
            fields = self._wire.unpack_from(reply.data)
            self._said = _beside_values(reply, fields)

    def read(self, reply: Reply, time_ns: int, duration_seconds: float) -> HartPoll | None:
        """Return the poll that an answer makes; None when it has to be judged."""
        judged = self._judged
        if judged is None or len(reply.data) < self._wire.size:
            return None
        fields = self._wire.unpack_from(reply.data)
        values = fields[2::3]
        # the sum of finite 32-bit numbers is finite, any other number makes it inf or NaN
        if _beside_values(reply, fields) != self._said or not math.isfinite(sum(values)):
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


def _beside_values(reply: Reply, fields: tuple[object, ...]) -> tuple[object, ...]:
    return len(reply.data), reply.code, reply.device_status, fields[0], fields[1::3], fields[3::3]
