"""Simulated devices on a serial line: a pseudo terminal with Modbus RTU on it.

Source: MODBUS over Serial Line Specification and Implementation Guide V1.02, §2.5.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog
from pymodbus.framer import FramerRTU

from integrations.simulation.errors import ServerAddressError

from .frames import Request
from .unit import ServedUnit
from .units import Units

log = structlog.get_logger(__name__)

SILENCE_SECONDS = 0.05
"""After so long a pause within a frame what came before is noise; the standard's 1.75 ms no desktop keeps."""
CRC_BYTES = 2
SHORT_REQUEST = 6
WRITES_OF_MANY = {15, 16}
BYTE_COUNT_AT = 6
LONGEST_FRAME = 256


class SerialLine:
    """Units on one serial line; `device` is the port of its master, known once entered.

    A unit that isn't on the line stays silent, as does each on a frame that isn't whole. Where there are no
    pseudo terminals, entering is a ServerAddressError.
    """

    def __init__(self, units: Sequence[ServedUnit]) -> None:
        self.device = ""
        self._units = Units(units)
        self._ends: tuple[int, int] = (-1, -1)
        self._received = bytearray()
        self._last_heard = 0.0
        self._delayed: set[asyncio.TimerHandle] = set()

    async def __aenter__(self) -> Self:
        self.refresh()
        try:
            import tty  # noqa: PLC0415 - only where there are terminals

            self._ends = os.openpty()
            for end in self._ends:
                tty.setraw(end)
        except (ImportError, AttributeError, OSError) as error:
            raise ServerAddressError(f"no pseudo terminal: {error}") from error
        line, port = self._ends
        os.set_blocking(line, False)
        self.device = os.ttyname(port)
        asyncio.get_running_loop().add_reader(line, self._read)
        log.info("simulated devices listen", device=self.device, units=self._units.ids)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._ends[0])
        for timer in self._delayed:
            timer.cancel()
        for end in self._ends:
            os.close(end)

    def refresh(self) -> None:
        """Let the units show their present values; errors as Memory.write."""
        self._units.refresh()

    def _read(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._last_heard > SILENCE_SECONDS:
            self._received.clear()
        self._last_heard = now
        with suppress(OSError):
            self._received += os.read(self._ends[0], LONGEST_FRAME)
        for request in take_frames(self._received):
            self._answer(request)

    def _answer(self, request: Request) -> None:
        answer = self._units.answer(request) if request.unit_id in self._units else None
        if answer is None:
            return
        body = bytes([request.unit_id]) + answer.pdu
        frame = body + FramerRTU.compute_CRC(body).to_bytes(CRC_BYTES, "big")

        def send() -> None:
            self._delayed.discard(timer)
            with suppress(BlockingIOError):  # nobody reads at the other end: lost, as on a wire
                os.write(self._ends[0], frame)

        timer = asyncio.get_running_loop().call_later(answer.delay_seconds, send)
        self._delayed.add(timer)


def take_frames(received: bytearray) -> Iterator[Request]:
    """Take the whole requests off the front of `received`; what has a wrong CRC goes with all behind it."""
    while len(received) > SHORT_REQUEST:
        size = SHORT_REQUEST + CRC_BYTES
        if received[1] in WRITES_OF_MANY:
            size += 1 + received[BYTE_COUNT_AT]
        if len(received) < size:
            return
        frame = bytes(received[:size])
        body, crc = frame[:-CRC_BYTES], frame[-CRC_BYTES:]
        if FramerRTU.compute_CRC(body).to_bytes(CRC_BYTES, "big") != crc:
            received.clear()
            return
        del received[:size]
        yield Request(0, body[0], body[1:])
