"""Talking with one device: found by address or tag, asked with patience, its answers checked."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from .address import BROADCAST, Address
from .commands import Command
from .errors import (
    CommandRefusedError,
    FrameError,
    HartError,
    HartTimeoutError,
    NoFieldDeviceError,
    WrongDeviceError,
)
from .fields import to_latin_1, to_packed_ascii
from .frame import Reply
from .identity import Identity
from .link import HartLink, Request
from .response_code import WAIT_CODES, code_error, is_error
from .texts import LONG_TAG_BYTES, TAG_BYTES

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

AddressOrTag = Address | str

UNREACHED = (HartTimeoutError, NoFieldDeviceError)
"""Errors after which a device is looked for again."""


class Conversation:
    """Commands to one device.

    Where only a polling address or a tag is known, command 0, 21 or 11 finds the long address first. A device
    that no longer answers under it is looked for again, since another may have taken its place.
    """

    def __init__(
        self,
        link: HartLink,
        address: AddressOrTag,
        timeout_seconds: float | None,
        patience_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.link = link
        self.timeout_seconds = timeout_seconds
        self.name = f"{link.endpoint} " + (f"tag {address!r}" if isinstance(address, str) else str(address))
        self._address = address
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._sleep = sleep
        self.identity: Identity | None = None
        self._requests: dict[int, Request] = {}

    async def find(self) -> Identity:
        """Return who the device is, asking unless that is known; errors as `ask`."""
        if self.identity is None:
            reply = await self._ask_for_identity()
            try:
                found = Identity.decode(reply.data)
            except FrameError as error:
                raise error.at(self.name, reply.command) from None
            self._check(found)
            self.identity = found
            self._requests.clear()
        return self.identity

    def _check(self, found: Identity) -> None:
        """A device that is asked by its long address must not be another one."""
        asked = self._address
        is_named = isinstance(asked, Address) and asked.is_long and not asked.is_broadcast
        if is_named and found.address != asked:
            what = f"the device says that it is {found.address}"
            raise WrongDeviceError(what, place=self.name, command=Command.READ_UNIQUE_IDENTIFIER)

    def forget(self) -> None:
        """Look for the device anew before the next command."""
        self.identity = None

    async def ask(self, command: int, data: bytes = b"") -> Reply:
        """Send a command and return its reply, which is no error.

        Raises:
            ResponseCodeError: the device declined; busy and delayed responses after the patience is over.
            HartError: by name what else went wrong.
        """
        request = self.request(await self.find(), command, data)
        try:
            return await self.settle(request, await self.link.exchange(request, self.timeout_seconds))
        except UNREACHED:
            self.forget()
            raise

    def request(self, identity: Identity, command: int, data: bytes) -> Request:
        """Return what asks the device so, the one of the last time if it is the same."""
        request = self._requests.get(command)
        if request is None or request.data != data:
            self._requests[command] = request = Request(identity.address, command, data)
        return request

    async def _ask_for_identity(self) -> Reply:
        address = self._address
        if isinstance(address, Address):
            return await self._send(Request(address, Command.READ_UNIQUE_IDENTIFIER))
        tag = to_latin_1(address, LONG_TAG_BYTES)
        try:
            return await self._send(Request(BROADCAST, Command.READ_UNIQUE_IDENTIFIER_BY_LONG_TAG, tag))
        except (CommandRefusedError, HartTimeoutError, NoFieldDeviceError):
            try:
                short = to_packed_ascii(address, TAG_BYTES)
            except FrameError:
                short = b""  # longer than the tags of HART 5
            if not short:
                raise
        return await self._send(Request(BROADCAST, Command.READ_UNIQUE_IDENTIFIER_BY_TAG, short))

    async def _send(self, request: Request) -> Reply:
        return await self.settle(request, await self.link.exchange(request, self.timeout_seconds))

    async def settle(self, request: Request, reply: Reply) -> Reply:
        """Return a reply that is no error: while it says "busy" or "delayed", ask again; errors as `ask`."""
        if reply.code in WAIT_CODES:
            reply = await self._wait_for(request, reply)
        if is_error(reply.code):
            raise self._error(reply, request)
        return reply

    async def _wait_for(self, request: Request, reply: Reply) -> Reply:
        """Ask again with growing pauses until patience is over; return the last reply."""
        give_up_at = self._clock() + self._patience_seconds
        pause = FIRST_PAUSE_SECONDS
        while reply.code in WAIT_CODES and self._clock() + pause <= give_up_at:
            await self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            reply = await self.link.exchange(request, self.timeout_seconds)
        return reply

    def _error(self, reply: Reply, request: Request) -> HartError:
        return code_error(
            reply.code, place=f"{self.link.endpoint} {request.address}", command=request.command
        )
