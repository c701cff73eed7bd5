"""Modbus RTU, on a serial port or through a TCP socket: nothing in an answer says which request it is for.

Source: MODBUS over Serial Line Specification and Implementation Guide V1.02, §2.4 and §2.5.
"""

import asyncio
import struct
from contextlib import suppress

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from .endpoint import ModbusEndpoint, Transport
from .errors import GarbageError, ModbusError, WrongUnitError
from .hunting import answer_in
from .link import Link, Pending
from .requests import Request, read_request

SILENCE_LIMIT = 2
WRITE_SINGLE = 6
EVERYBODY = 0
"""The unit of a broadcast, which nobody answers."""
FRAME_BYTES = 3
"""Unit and CRC around a PDU."""
QUIET_SECONDS = 0.1
"""Bytes that are no frame are given up after this silence: adapters and networks deliver frames in pieces."""


class Debts:
    """Units whose last answer did not come in time, and until when it may still come.

    Such an answer would fit the unit's next request as well as that request's own. So the unit is left alone
    until it has had another timeout; all others are told apart by their unit id and go on.
    """

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def add(self, unit: int, until: float) -> None:
        """Expect a late answer of `unit` until the loop's time `until`."""
        self._until[unit] = until

    def settle(self, unit: int) -> bool:
        """Whether `unit` owed an answer, which is now here."""
        return self._until.pop(unit, None) is not None

    async def paid(self, unit: int) -> None:
        """Wait until no late answer of `unit` can come, but for one that it has come to owe meanwhile."""
        if (left := self._left(unit)) > 0:
            await asyncio.sleep(left)
        if not self.owed_by(unit):
            self._until.pop(unit, None)

    def owed_by(self, unit: int) -> bool:
        """Whether a late answer of `unit` can come."""
        return self._left(unit) > 0

    def _left(self, unit: int) -> float:
        until = self._until.get(unit)
        return 0.0 if until is None else until - asyncio.get_running_loop().time()


class RtuLink(Link):
    """A line on which one request is under way until its answer or its deadline, whatever its caller does.

    An answer is found behind noise, behind another unit's words, and behind the request itself, which some
    two-wire adapters hear as they send it. The answer to function 6 is the same as the request: where nobody
    knows yet whether the line echoes, the register is read first, which shows it.
    """

    def __init__(self, endpoint: ModbusEndpoint, debts: Debts) -> None:
        silence_limit = None if endpoint.transport == Transport.RTU else SILENCE_LIMIT
        super().__init__(str(endpoint), FramerRTU(DecodePDU(is_server=False)), silence_limit)
        self._character_seconds = endpoint.character_seconds
        self._pause_seconds = endpoint.pause_seconds
        self._debts = debts
        self._quiet_since = 0.0
        self._stray: ModbusError | None = None
        self._free: asyncio.Future[None] | None = None
        self._sent = b""
        self._echoes: bool | None = None
        self._verdict: asyncio.TimerHandle | None = None

    async def exchange(self, request: Request, timeout_seconds: float) -> bytes:
        """Send `request` after the inter-frame pause and return the PDU of its answer."""
        if self._echoes is None and request.code == WRITE_SINGLE and request.unit != EVERYBODY:
            await self._ask(read_request(request.unit, request.span), timeout_seconds)
        return await self._ask(request, timeout_seconds)

    async def _ask(self, request: Request, timeout_seconds: float) -> bytes:
        while self._pending:
            # Its caller was cancelled, but the unit may be about to speak.
            self._free = self._loop.create_future()
            await self._free
        if (left := self._quiet_since + self._pause_seconds - self._loop.time()) > 0:
            await asyncio.sleep(left)
        self._buffer = b""
        self._stray = None
        self._sent = self._framer.encode(request.pdu, request.unit, 0)
        travelling = (len(request.pdu) + request.answer_size + 2 * FRAME_BYTES) * self._character_seconds
        return await self._send(request, 0, timeout_seconds + travelling)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until they are a frame."""
        self._quiet_since = self._loop.time()
        super().data_received(data)

    def _finish(self) -> None:
        super()._finish()
        self._judge_in(None)
        if self._free and not self._free.done():
            self._free.set_result(None)

    def _drop(self, error: ModbusError | None) -> None:
        self._judge_in(None)
        super()._drop(error)

    def _expire(self, pending: Pending) -> None:
        self._debts.add(pending.request.unit, pending.deadline + pending.timeout_seconds)
        if self._stray:
            self._fail(self._stray)
        else:
            super()._expire(pending)

    def _take_bytes(self) -> None:
        self._judge_in(None)
        self._skip_echo()
        pending = self._pending
        if pending and (pdu := answer_in(self._buffer, pending.request)):
            self._echoes = bool(self._echoes)
            self._buffer = b""
            self._heard()
            self._answer(pending, pdu)
            return
        while self._buffer and self._take_other():
            pass

    def _skip_echo(self) -> None:
        """Leave out the request itself; the answer to function 6 is the same, so there it must be known."""
        if self._pending is None or not self._sent or (at := self._buffer.find(self._sent)) < 0:
            return
        if self._echoes or self._pending.request.code != WRITE_SINGLE:
            self._echoes = True
            self._buffer = self._buffer[at + len(self._sent) :]
            self._sent = b""

    def _take_other(self) -> bool:
        """Take a whole frame that is not the answer off the buffer; False when there is none."""
        used, unit, pdu = 0, 0, b""
        # Half a frame of an odd function makes pymodbus stumble.
        with suppress(ModbusException, ValueError, IndexError, struct.error):
            used, unit, _, pdu = self._framer.decode(self._buffer)
        if pdu:
            frame = self._framer.encode(pdu, unit, 0)
            self._buffer = self._buffer[self._buffer.index(frame) + len(frame) :]
            self._heard()
            self._take_frame(unit, pdu)
        elif used and self._pending:
            self._judge_in(QUIET_SECONDS)
        elif used:
            self._buffer = b""
        return bool(pdu)

    def _judge_in(self, seconds: float | None) -> None:
        """Look in so many seconds whether anything came to make sense of the buffer; None: not any more."""
        if self._verdict:
            self._verdict.cancel()
        self._verdict = None if seconds is None else self._loop.call_later(seconds, self._judge)

    def _judge(self) -> None:
        self._verdict = None
        frame, self._buffer = self._buffer, b""
        pending = self._pending
        if pending and len(frame) < pending.request.answer_size + FRAME_BYTES:
            # Less than an answer: that may still come, and would fit the unit's next request too.
            self._debts.add(pending.request.unit, pending.deadline)
        self._heard()
        self._fail(self._error(GarbageError, f"wrong CRC: {frame[:16].hex(' ')}"))

    def _take_frame(self, unit: int, pdu: bytes) -> None:
        pending = self._pending
        if pending and unit == pending.request.unit and is_answer(pending.request, pdu):
            self._answer(pending, pdu)
        elif self._debts.settle(unit) or pending is None:
            return
        elif unit == pending.request.unit:
            self._answer(pending, pdu)
        else:
            self._stray = self._error(WrongUnitError, f"answer from unit {unit}")


def is_answer(request: Request, pdu: bytes) -> bool:
    """Whether `pdu` answers `request` as far as function and length tell."""
    return pdu[0] == request.code | 0x80 or (pdu[0] == request.code and len(pdu) == request.answer_size)
