"""The server's side of one HART-IP session, whatever carries it."""

import asyncio
from collections.abc import Callable

import structlog

from integrations.protocols.hart import (
    Address,
    Command,
    Frame,
    FrameError,
    Message,
    MessageId,
    MessageType,
    Reply,
    ResponseCode,
    SessionStatus,
    SessionTerms,
    decode_frame,
)
from integrations.protocols.hart.address import LONG_BYTES
from integrations.protocols.hart.header import VERSION

from .gateway import HartGateway, answer_frame, command_of

log = structlog.get_logger(__name__)

MOST_DELAYED = 64
MASTER_TYPES = (0, 1)


class HartSession:
    """Answers one client; late answers wait on timers that die with the session.

    `take_place` says whether the server has room for one more session. What comes before Session Initiate is
    not answered. A session in which nothing was heard for the time that was asked for is ended.
    """

    def __init__(
        self,
        gateway: HartGateway,
        send: Callable[[bytes], None],
        take_place: Callable[["HartSession"], bool],
        ended: Callable[["HartSession"], None],
    ) -> None:
        self.is_open = False
        self._gateway = gateway
        self._send = send
        self._take_place = take_place
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._delayed: set[asyncio.TimerHandle] = set()
        self._subscribed: set[Address] = set()
        self._inactivity_seconds = 0.0
        self._heard = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._published = 0

    def take(self, message: Message) -> None:
        """Answer one message."""
        if message.type != MessageType.REQUEST:
            return
        if message.id == MessageId.SESSION_INITIATE:
            self._initiate(message)
            return
        if not self.is_open:
            return
        self._heard = self._loop.time()
        if message.id == MessageId.TOKEN_PASSING_PDU:
            self._ask(message)
        elif message.id == MessageId.DIRECT_PDU:
            self._ask_directly(message)
        elif message.id in {MessageId.KEEP_ALIVE, MessageId.SESSION_CLOSE}:
            self._answer(message)
            if message.id == MessageId.SESSION_CLOSE:
                self.end()

    def publish(self) -> None:
        """Send what the devices burst that this client subscribed to."""
        if not self._subscribed:
            return
        for frame in self._gateway.bursts(self._subscribed):
            self._published = (self._published + 1) & 0xFFFF
            published = Message(
                MessageType.PUBLISH, MessageId.TOKEN_PASSING_PDU, self._published, frame.encode()
            )
            self._send(published.encode())

    def end(self) -> None:
        """Forget the client; nothing more is said to it."""
        was_open, self.is_open = self.is_open, False
        for timer in self._delayed:
            timer.cancel()
        self._delayed.clear()
        self._subscribed.clear()
        if self._watch:
            self._watch.cancel()
        if was_open:
            self._ended(self)

    def _initiate(self, message: Message) -> None:
        status, body = self._open(message)
        self._answer(message, body, status)

    def _open(self, message: Message) -> tuple[int, bytes]:
        if message.version != VERSION:
            return SessionStatus.VERSION_NOT_SUPPORTED, b""
        try:
            terms = SessionTerms.decode(message.body)
        except FrameError:
            return SessionStatus.TOO_FEW_BYTES, b""
        if terms.master not in MASTER_TYPES:
            return SessionStatus.INVALID_SELECTION, b""
        if self.is_open:
            return SessionStatus.SESSION_EXISTS, b""
        if not self._take_place(self):
            return SessionStatus.NO_SESSION_LEFT, b""
        self.is_open = True
        self._heard = self._loop.time()
        self._inactivity_seconds = terms.inactivity_ms / 1000
        if terms.inactivity_ms:
            self._watch = self._loop.call_later(self._inactivity_seconds, self._look_at_silence)
        return SessionStatus.SUCCESS, terms.encode()

    def _look_at_silence(self) -> None:
        left = self._inactivity_seconds - (self._loop.time() - self._heard)
        if left > 0:
            self._watch = self._loop.call_later(left, self._look_at_silence)
            return
        log.info("session ended for silence", seconds=self._inactivity_seconds)
        self.end()

    def _ask(self, message: Message) -> None:
        """Pass a token-passing PDU on to its device; one that cannot be read is not answered."""
        try:
            request = decode_frame(message.body)
        except FrameError as error:
            log.warning("request cannot be read", error=str(error))
            return
        command, data = command_of(request)
        if command == Command.SUBSCRIBE:
            reply = self._subscribe(command, data)
            self._answer(message, answer_frame(request, reply).encode())
            return
        for answer in self._gateway.answer(request):
            self._answer_after(answer.delay_seconds, message, answer.frame)

    def _subscribe(self, command: int, data: bytes) -> Reply:
        """Subscribe to the bursts of a device: its long address and what is wanted, 0 for nothing."""
        if len(data) < LONG_BYTES + 2:
            return Reply(command, ResponseCode.TOO_FEW_DATA_BYTES, 0)
        address = Address(data[:LONG_BYTES])
        if not self._gateway.knows(address):
            return Reply(command, ResponseCode.INVALID_SELECTION, 0)
        if any(data[LONG_BYTES : LONG_BYTES + 2]):
            self._subscribed.add(address)
        else:
            self._subscribed.discard(address)
        return Reply(command, ResponseCode.SUCCESS, 0, data[: LONG_BYTES + 2])

    def _ask_directly(self, message: Message) -> None:
        try:
            self._answer(message, self._gateway.direct(message.body))
        except FrameError as error:
            log.warning("request cannot be read", error=str(error))

    def _answer_after(self, seconds: float, message: Message, frame: Frame) -> None:
        if not seconds:
            self._answer(message, frame.encode())
            return
        if len(self._delayed) >= MOST_DELAYED:
            return

        def send() -> None:
            self._delayed.discard(timer)
            self._answer(message, frame.encode())

        timer = self._loop.call_later(seconds, send)
        self._delayed.add(timer)

    def _answer(self, message: Message, body: bytes = b"", status: int = 0) -> None:
        answer = Message(MessageType.RESPONSE, message.id, message.sequence, body, status)
        self._send(answer.encode())
