"""Modbus TCP: answers are told apart by transaction id.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, §3.1.3.
"""

import asyncio

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

from .errors import GarbageError, WrongTransactionError, WrongUnitError
from .link import Link, Pending
from .requests import Request

SILENCE_LIMIT = 2
MAX_ABANDONED = 64
HEADER_BYTES = 8
"""Transaction, protocol, length, unit and the function code behind them."""


class TcpLink(Link):
    """A connection to a Modbus TCP server.

    A late answer carries the id of a request that was given up: it is dropped, and the connection lives on.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, FramerSocket(DecodePDU(is_server=False)), SILENCE_LIMIT)
        self._transaction = 0
        self._abandoned: set[int] = set()

    @property
    def owes_answer(self) -> bool:
        """Whether the server may still be at work on a request that was given up."""
        return bool(self._abandoned)

    async def exchange(self, request: Request, timeout_seconds: float) -> bytes:
        """Send `request` and return the PDU of its answer."""
        self._transaction = self._transaction % 0xFFFF + 1
        try:
            return await self._send(request, self._transaction, timeout_seconds)
        except asyncio.CancelledError:
            if self._pending:
                self._abandon(self._pending)
            raise

    def _abandon(self, pending: Pending) -> None:
        self._finish()
        self._abandoned.add(pending.transaction)
        if len(self._abandoned) > MAX_ABANDONED:
            self._drop(None)

    def _expire(self, pending: Pending) -> None:
        self._abandoned.add(pending.transaction)
        super()._expire(pending)

    def _take_bytes(self) -> None:
        while len(self._buffer) >= HEADER_BYTES:
            if not is_header(self._buffer):
                self._drop(self._error(GarbageError, f"no Modbus TCP header: {self._buffer[:16].hex(' ')}"))
                return
            used, unit, transaction, pdu = self._framer.decode(self._buffer)
            if not used:
                return
            self._buffer = self._buffer[used:]
            self._take_frame(unit, transaction, pdu)

    def _take_frame(self, unit: int, transaction: int, pdu: bytes) -> None:
        self._heard()
        pending = self._pending
        if pending is None or transaction != pending.transaction:
            if transaction in self._abandoned:
                self._abandoned.discard(transaction)
            else:
                self._drop(self._error(WrongTransactionError, f"answer with transaction id {transaction}"))
        elif unit != pending.request.unit:
            self._drop(self._error(WrongUnitError, f"answer from unit {unit}"))
        else:
            self._answer(pending, pdu)


def is_header(data: bytes) -> bool:
    """Whether `data` may begin a frame: protocol id 0 and a length that a frame can have.

    pymodbus waits for ever on both.
    """
    return not (data[2] or data[3] or data[4]) and 2 <= data[5] <= 254
