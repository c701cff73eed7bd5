"""A link: everything behind one HART-IP server, shared by the devices there."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from .address import Address
from .direct import DirectAnswer, DirectCommand, decode_direct_answer, encode_direct
from .endpoint import HartEndpoint
from .errors import (
    ConnectionLostError,
    FrameError,
    HartError,
    LinkBusyError,
    WrongCommandError,
    WrongDeviceError,
)
from .frame import (
    EXTENDED_COMMAND,
    STATUS_BYTES,
    Frame,
    FrameType,
    Reply,
    check_byte,
    decode_frame,
    request_frame,
)
from .header import Message, MessageId
from .places import Places
from .session import Session
from .transports import open_session

logger = structlog.get_logger(__name__)

CONNECT_PAUSE_SECONDS = 0.2
MAX_WAITING = 512
"""Every device of a large gateway may wait with a poll."""

_TOKEN_PASSING = MessageId.TOKEN_PASSING_PDU

BurstHandler = Callable[[Frame, Reply], None]


class Request:
    """One command to one device, ready to be sent again and again.

    `answer_head` is what the answer's PDU begins with, up to its byte count, unless it comes from a burst
    mode device or with expansion bytes.
    """

    __slots__ = ("address", "answer_head", "command", "data", "pdu")

    def __init__(self, address: Address, command: int, data: bytes = b"") -> None:
        self.address = address
        self.command = command
        self.data = data
        self.pdu = request_frame(address, command, data).encode()
        self.answer_head = (
            bytes((self.pdu[0] ^ FrameType.REQUEST ^ FrameType.ANSWER,))
            + (self.pdu[1 : 2 + len(address.octets)])
        )


class HartLink:
    """Asks devices; opens a session when first needed and again when it was lost.

    A request is never repeated here: retries belong to the caller. A device that stays silent holds one of
    the `max_in_flight` places for its timeout. After a failed connection all who ask within
    CONNECT_PAUSE_SECONDS get the same error.
    """

    def __init__(self, endpoint: HartEndpoint) -> None:
        self.endpoint = endpoint
        self._name = str(endpoint)
        self._session: Session | None = None
        self._places = Places(endpoint.max_in_flight)
        self._opening = asyncio.Lock()
        self._is_closed = False
        self._refusal: HartError | None = None
        self._refused_until = 0.0
        self._listeners: dict[Address, list[BurstHandler]] = {}

    async def connect(self) -> None:
        """Make sure that there is a session.

        Raises:
            HartError: there is none, for the reason it names.
        """
        await self.session()

    async def session(self) -> Session:
        """Return the session, a new one if there is none.

        Raises:
            CannotConnectError: unreachable, or SessionRefusedError.
            HartTimeoutError: nobody answers there.
        """
        if self._session and self._session.is_open:
            return self._session
        async with self._opening:
            if self._session and self._session.is_open:
                return self._session
            return await self._open()

    async def exchange(self, request: Request, timeout_seconds: float | None = None) -> Reply:
        """Send a command and return the device's reply, whatever its response code says.

        Raises:
            HartError: by name what went wrong.
        """
        return self.read(request, await self.ask(request, timeout_seconds))

    def ask(self, request: Request, timeout_seconds: float | None = None) -> Coroutine[Any, Any, bytes]:
        """Send a command; await the PDU that comes for it, of which `read` says whether it is the answer.

        Raises:
            HartError: by name what went wrong.
        """
        return self._send(_TOKEN_PASSING, request.pdu, timeout_seconds, request)

    def read(self, request: Request, pdu: bytes) -> Reply:
        """Return the device's reply; errors as `matching_reply`."""
        try:
            return matching_reply(request, pdu)
        except HartError as error:
            raise self._placed(error, request) from None

    async def direct(
        self, commands: Sequence[DirectCommand], timeout_seconds: float | None = None
    ) -> DirectAnswer:
        """Send several commands to the server itself; replies are those it gave, in its order.

        Raises:
            HartError: by name what went wrong.
        """
        answer = await self._send(MessageId.DIRECT_PDU, encode_direct(commands), timeout_seconds)
        try:
            return decode_direct_answer(answer)
        except HartError as error:
            raise self._placed(error) from None

    def listen(self, address: Address, handler: BurstHandler) -> Callable[[], None]:
        """Call `handler` with every burst of a device from now on; the returned function ends it."""
        handlers = self._listeners.setdefault(address, [])
        handlers.append(handler)

        def stop() -> None:
            handlers.remove(handler)
            if not handlers:
                self._listeners.pop(address, None)

        return stop

    async def close(self) -> None:
        """Close the session; requests under way or waiting fail with ConnectionLostError."""
        self._is_closed = True
        async with self._opening:
            session, self._session = self._session, None
        if session:
            await session.close()

    async def _send(
        self,
        message_id: MessageId,
        body: bytes,
        timeout_seconds: float | None,
        request: Request | None = None,
    ) -> bytes:
        """Send a message in its turn and return the body of its answer; one coroutine, since each costs."""
        try:
            if not self._places.take():
                await self._wait_for_place()
            try:
                session = self._session
                if session is None or not session.is_open:
                    session = await self.session()
                seconds = timeout_seconds or self.endpoint.timeout_seconds
                return (await session.request(message_id, body, seconds)).body
            finally:
                self._places.give_back()
        except HartError as error:
            raise self._placed(error, request) from None

    async def _wait_for_place(self) -> None:
        if self._places.waiting >= MAX_WAITING:
            raise LinkBusyError(f"{MAX_WAITING} requests already wait")
        await self._places.wait()

    def _placed(self, error: HartError, request: Request | None = None) -> HartError:
        if request is None:
            return error.at(self._name)
        return error.at(f"{self._name} {request.address}", request.command)

    async def _open(self) -> Session:
        if self._is_closed:
            raise ConnectionLostError("the link was closed", place=self._name)
        loop = asyncio.get_running_loop()
        if self._refusal and loop.time() < self._refused_until:
            raise self._refusal.at(self._name)
        try:
            self._session = await open_session(self.endpoint, self._published)
        except HartError as error:
            self._refusal = error
            self._refused_until = loop.time() + CONNECT_PAUSE_SECONDS
            raise
        self._refusal = None
        return self._session

    def _published(self, message: Message) -> None:
        """Hand a burst to those who listen to its device."""
        try:
            frame = decode_frame(message.body)
            reply = frame.reply()
        except FrameError as error:
            logger.warning("hart burst is unreadable", link=self._name, reason=error.what)
            return
        for handler in tuple(self._listeners.get(frame.address, ())):
            try:
                handler(frame, reply)
            except Exception:
                logger.exception("burst handler failed", link=self._name, device=str(frame.address))


def matching_reply(request: Request, pdu: bytes) -> Reply:
    """Read the reply of a PDU that answers `request`.

    Raises:
        WrongDeviceError, WrongCommandError: it answers something else.
        FrameError: it is no answer at all.
    """
    start = len(request.answer_head) + 1
    if (
        pdu.startswith(request.answer_head)
        and request.command < EXTENDED_COMMAND
        and len(pdu) > start + STATUS_BYTES
        and len(pdu) == start + pdu[start - 1] + 1
        and not check_byte(pdu)
    ):
        return Reply(request.command, pdu[start], pdu[start + 1], pdu[start + STATUS_BYTES : -1])
    frame = decode_frame(pdu)
    if frame.type != FrameType.ANSWER:
        raise FrameError(f"frame type must be {FrameType.ANSWER.value} (answer), got {frame.type}")
    if frame.address != request.address and not request.address.is_broadcast:
        raise WrongDeviceError(f"answer from {frame.address}")
    reply = frame.reply()
    # an extended command that failed early is answered without its number
    if reply.command != request.command and not (reply.command == EXTENDED_COMMAND and reply.code):
        raise WrongCommandError(f"answer to command {reply.command}")
    return reply
