"""A line: everything behind one TCP address or serial port, shared by the units there."""

import asyncio
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .endpoint import ModbusEndpoint
from .errors import CannotConnectError, ConnectionLostError, ModbusTimeoutError
from .link import Link
from .opening import open_link
from .planner import Span
from .pool import Pool, Slot
from .requests import Request, check_answer, is_silence, read_request, read_words, write_request
from .rtu import Debts
from .silence import Silence

CONNECT_PAUSE_SECONDS = 0.2


class ModbusLine:
    """Reads and writes units; connects when first needed and again when the connection was lost.

    Retries belong to the caller. Only a read that meets the end of a connection which had served before is
    sent once more: some servers close after each answer. One unit that stays silent holds one of the
    connections for its timeout; `silence` tells who did. After a failed connection all who ask within
    CONNECT_PAUSE_SECONDS get the same error, so that a hundred units of a dead gateway do not each wait for
    their own.
    """

    def __init__(self, endpoint: ModbusEndpoint) -> None:
        self.endpoint = endpoint
        self._name = str(endpoint)
        self._is_serial = endpoint.is_serial
        self._pool = Pool(self._name, 1 if endpoint.is_serial else endpoint.connection_pool_size)
        self._debts = Debts()
        self.silence = Silence(self._name, time.monotonic)
        self._refusal = ""
        self._refused_until = 0.0

    async def connect(self) -> None:
        """Make sure that there is a connection.

        Raises:
            CannotConnectError: there is none.
        """
        slot = await self._pool.acquire()
        try:
            await self._open(slot)
        finally:
            self._pool.release(slot)

    async def read(self, unit: int, span: Span, timeout_seconds: float | None = None) -> NDArray[np.uint16]:
        """Read registers (count,), or coils and discrete inputs as 0 and 1.

        Raises:
            ModbusError: by name what went wrong.
        """
        request = read_request(unit, span)
        return read_words(request, await self._exchange(request, timeout_seconds), self._name)

    async def write(
        self, unit: int, address: int, words: Sequence[int], timeout_seconds: float | None = None
    ) -> None:
        """Write holding registers; after a timeout or a lost connection they may be written or not.

        Raises:
            ModbusError: by name what went wrong.
        """
        request = write_request(unit, address, tuple(words))
        check_answer(request, await self._exchange(request, timeout_seconds), self._name)

    async def close(self) -> None:
        """Close all connections; requests under way or waiting fail with ConnectionLostError."""
        await self._pool.close()

    async def _exchange(self, request: Request, timeout_seconds: float | None) -> bytes:
        if self._is_serial:
            slot = await self._slot_without_debts(request.unit)
        else:
            slot = self._pool.idle() or await self._pool.acquire()
        try:
            began = time.monotonic()
            self.silence.asked(request.unit)
            answer = await self._exchange_on(slot, request, timeout_seconds or self.endpoint.timeout_seconds)
        except ModbusTimeoutError:
            self.silence.missed(request.unit, time.monotonic() - began)
            raise
        except (CannotConnectError, ConnectionLostError) as error:
            has_room = slot.link is not None and slot.link.has_answered
            may_be_done = request.is_write and isinstance(error, ConnectionLostError)
            if has_room or may_be_done or not self._pool.retire(slot):
                raise
        else:
            if is_silence(answer):
                self.silence.missed(request.unit, time.monotonic() - began, is_told=True)
            else:
                self.silence.heard(request.unit)
            return answer
        finally:
            self.silence.ended(request.unit)
            self._pool.release(slot)
        return await self._exchange(request, timeout_seconds)

    async def _slot_without_debts(self, unit: int) -> Slot:
        """Borrow the connection once no late answer of the unit can come: one may while it is waited for."""
        while True:
            await self._debts.paid(unit)
            slot = self._pool.idle() or await self._pool.acquire()
            if not self._debts.owed_by(unit):
                return slot
            self._pool.release(slot)

    async def _exchange_on(self, slot: Slot, request: Request, timeout_seconds: float) -> bytes:
        link = slot.link if slot.link and slot.link.is_open else await self._open(slot)
        has_served = link.has_answered
        try:
            return await link.exchange(request, timeout_seconds)
        except ConnectionLostError:
            if not has_served or request.is_write or self._pool.is_closed:
                raise
        return await (await self._open(slot)).exchange(request, timeout_seconds)

    async def _open(self, slot: Slot) -> Link:
        if slot.link and slot.link.is_open:
            return slot.link
        slot.link = None
        loop = asyncio.get_running_loop()
        if loop.time() < self._refused_until:
            raise CannotConnectError(self._refusal, line=self._name)
        try:
            link = await open_link(self.endpoint, self._debts)
        except CannotConnectError as error:
            self._refusal = error.what
            self._refused_until = loop.time() + CONNECT_PAUSE_SECONDS
            raise
        if self._pool.is_closed:
            await link.close()
            raise ConnectionLostError("the line was closed", line=self._name)
        slot.link = link
        return link
