"""One session with a HART-IP server, whatever carries it: requests matched with their answers.

Every timer belongs to the session and ends with it; there are no tasks.
"""

import asyncio
import math
from abc import abstractmethod
from collections.abc import Callable

import msgspec
import structlog

from .endpoint import HartEndpoint
from .errors import (
    ConnectionLostError,
    FrameError,
    GatewayStatusError,
    HartError,
    HartTimeoutError,
    SessionRefusedError,
    UnsupportedVersionError,
)
from .header import VERSION, Message, MessageId, MessageType, encode_request
from .session_terms import ACCEPTED, MasterType, SessionStatus, SessionTerms, refusal

logger = structlog.get_logger(__name__)

PROBE_SECONDS = 1.0
LOST_PROBES = 2
KEEP_ALIVES_PER_INACTIVITY = 3
SHORTEST_KEEP_ALIVE_SECONDS = 0.1
CLOCK_STEP_SECONDS = 0.001
"""A loop may wake up so much early: uvloop counts in milliseconds."""

_UNASKED = frozenset({MessageType.REQUEST, MessageType.PUBLISH})
_NAK = MessageType.NAK

PublishHandler = Callable[[Message], None]


class Pending(msgspec.Struct):
    """A request on the wire; `heard` is how many messages had come before it was sent."""

    id: int
    answer: "asyncio.Future[Message]"
    deadline: float
    seconds: float
    heard: int


class Session:
    """Base of the two kinds of session, from opened to closed.

    An answer counts only under the sequence number and the message id of a request that still waits; any
    other is late, a duplicate or foreign, and is dropped. After a request without an answer the server is
    probed by a keep-alive: when it does not answer those either, the session is over.
    """

    def __init__(self, endpoint: HartEndpoint, on_publish: PublishHandler) -> None:
        self.name = str(endpoint)
        self.is_open = False
        self.dropped_messages = 0
        self._endpoint = endpoint
        self._on_publish = on_publish
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._pending: dict[int, Pending] = {}
        self._sequence = 0
        self._last_sent = 0.0
        self._heard = 0
        self._lost_probes = 0
        self._keep_alive_seconds = 0.0
        self._keep_alive: asyncio.TimerHandle | None = None
        self._nonsense = ""
        self._deadline = math.inf
        self._watch: asyncio.TimerHandle | None = None

    @abstractmethod
    def _send(self, data: bytes) -> None:
        """Put one message on the wire."""

    @abstractmethod
    def _hang_up(self) -> None:
        """Let go of the socket."""

    async def initiate(self) -> None:
        """Open the session and keep it alive from then on.

        Raises:
            SessionRefusedError: the server does not want to; `code` is its status.
            HartError: no answer, or none that can be understood.
        """
        self.is_open = True
        terms = SessionTerms(MasterType.PRIMARY, round(self._endpoint.inactivity_seconds * 1000))
        try:
            answer = await self.request(
                MessageId.SESSION_INITIATE, terms.encode(), self._endpoint.timeout_seconds
            )
        except HartTimeoutError as error:
            what = f"{error.what} to Session Initiate (a server locked to HART-IP version 2 is silent too)"
            raise HartTimeoutError(what, place=self.name) from None
        if answer.status == SessionStatus.VERSION_NOT_SUPPORTED:
            raise UnsupportedVersionError(refusal(answer.status), place=self.name, code=answer.status)
        if answer.status not in ACCEPTED:
            raise SessionRefusedError(refusal(answer.status), place=self.name, code=answer.status)
        self._keep_alive_every(_granted_seconds(answer.body))

    def request(
        self, message_id: MessageId, body: bytes, timeout_seconds: float
    ) -> "asyncio.Future[Message]":
        """Send a request; await its answer, whatever that says.

        Raises:
            HartTimeoutError: no answer in time.
            ConnectionLostError: the session is over.
            HartError: the server declined the message, or speaks another version.
        """
        if not self.is_open:
            raise ConnectionLostError("the session is over", place=self.name)
        return self._begin(message_id, body, timeout_seconds)

    async def close(self) -> None:
        """Tell the server and let go; whoever waits gets ConnectionLostError."""
        if self.is_open:
            try:
                seconds = min(self._endpoint.timeout_seconds, PROBE_SECONDS)
                await self.request(MessageId.SESSION_CLOSE, b"", seconds)
            except HartError as error:
                logger.debug("hart session closed without an answer", link=self.name, reason=error.what)
            finally:
                self.drop(ConnectionLostError("the link was closed", place=self.name), tell=False)
        await self.closed()

    async def closed(self) -> None:
        """Wait until the socket is closed."""
        await asyncio.shield(self._closed)

    def drop(self, error: HartError, *, tell: bool = True) -> None:
        """End the session at once; `tell` the server, so that it has room for the next one."""
        if not self.is_open:
            return
        self.is_open = False
        for timer in (self._keep_alive, self._watch):
            if timer:
                timer.cancel()
        for waiting in self._pending.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(error.at(self.name))
        self._pending.clear()
        logger.debug("hart session ended", link=self.name, reason=error.what)
        if tell:
            self._send(encode_request(MessageId.SESSION_CLOSE, self._next()))
        self._hang_up()

    def _begin(self, message_id: MessageId, body: bytes, timeout_seconds: float) -> "asyncio.Future[Message]":
        """Put a request on the wire; from now on its answer is expected."""
        sequence = self._next()
        data = encode_request(message_id, sequence, body)
        self._last_sent = now = self._loop.time()
        deadline = now + timeout_seconds
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._pending[sequence] = Pending(message_id, answer, deadline, timeout_seconds, self._heard)
        if deadline < self._deadline:
            self._wake_at(deadline)
        self._send(data)
        return answer

    def _wake_at(self, deadline: float) -> None:
        """Look at the deadlines then; one timer for all, since nearly every request is answered in time."""
        if self._watch:
            self._watch.cancel()
        self._deadline = deadline
        self._watch = self._loop.call_at(deadline, self._look_at_deadlines)

    def _look_at_deadlines(self) -> None:
        self._watch, self._deadline = None, math.inf
        now = self._loop.time() + CLOCK_STEP_SECONDS
        for sequence, pending in tuple(self._pending.items()):
            if pending.deadline <= now:
                del self._pending[sequence]
                self._expire(pending)
        if self.is_open and (left := [p.deadline for p in self._pending.values() if p.deadline > now]):
            self._wake_at(min(left))

    def _next(self) -> int:
        """Return a number under which no one waits; who gave up waiting may still be noted under it."""
        while True:
            self._sequence = sequence = (self._sequence + 1) & 0xFFFF
            pending = self._pending.get(sequence)
            if pending is None or pending.answer.done():
                return sequence

    def _take(self, message: Message) -> None:
        """Match a message with the request it answers."""
        self._heard += 1
        self._lost_probes = 0
        pending = self._pending.get(message.sequence)
        if pending is None or message.id != pending.id or message.type in _UNASKED:
            self._take_unasked(message)
            return
        del self._pending[message.sequence]
        if pending.answer.done():
            self.dropped_messages += 1  # who waited has given up
        elif message.status or message.type == _NAK or message.version != VERSION:
            self._take_fault(pending.answer, message)
        else:
            pending.answer.set_result(message)

    def _take_unasked(self, message: Message) -> None:
        if message.type == MessageType.PUBLISH:
            self._on_publish(message)
            return
        self.dropped_messages += 1
        logger.debug(
            "hart message that nobody waits for", link=self.name, id=message.id, sequence=message.sequence
        )
        if message.id == MessageId.SESSION_CLOSE:
            self.drop(ConnectionLostError("the server closed the session", place=self.name), tell=False)

    def _take_fault(self, answer: "asyncio.Future[Message]", message: Message) -> None:
        """Take an answer that tells of something: a refusal, another version, or a status beside its body."""
        declined = message.status and not message.body and message.id != MessageId.SESSION_INITIATE
        if message.version != VERSION:
            what = f"the server speaks HART-IP version {message.version}, here only {VERSION} is spoken"
            answer.set_exception(UnsupportedVersionError(what, place=self.name, code=message.status))
        elif declined or message.type == _NAK:
            what = f"the server declined the message, status {message.status}"
            answer.set_exception(GatewayStatusError(what, place=self.name, code=message.status))
        else:
            answer.set_result(message)

    def _note_nonsense(self, error: FrameError) -> None:
        """Remember what came that is no HART-IP: the timeout that follows will tell."""
        self.dropped_messages += 1
        self._nonsense = f"; what came is {error.what}"

    def _expire(self, pending: Pending) -> None:
        if pending.answer.done():
            return
        what = f"no answer within {pending.seconds:g} s{self._nonsense}"
        self._nonsense = ""
        pending.answer.set_exception(HartTimeoutError(what, place=self.name))
        if self._keep_alive_seconds and self._heard == pending.heard:
            self._probe()

    def _keep_alive_every(self, inactivity_seconds: float) -> None:
        """Keep a session alive whose server ends it after so much silence, 0 if it does not say."""
        asked = self._endpoint.inactivity_seconds
        self._keep_alive_seconds = max(
            min(inactivity_seconds or asked, asked) / KEEP_ALIVES_PER_INACTIVITY, SHORTEST_KEEP_ALIVE_SECONDS
        )
        self._keep_alive = self._loop.call_later(self._keep_alive_seconds, self._look_at_silence)

    def _look_at_silence(self) -> None:
        idle = self._loop.time() - self._last_sent
        if idle >= self._keep_alive_seconds:
            self._probe()
            idle = 0.0
        self._keep_alive = self._loop.call_later(self._keep_alive_seconds - idle, self._look_at_silence)

    def _probe(self) -> None:
        """Send a keep-alive, unless one is under way."""
        if not self.is_open or any(p.id == MessageId.KEEP_ALIVE for p in self._pending.values()):
            return
        seconds = min(self._endpoint.timeout_seconds, PROBE_SECONDS)
        self._begin(MessageId.KEEP_ALIVE, b"", seconds).add_done_callback(self._probed)

    def _probed(self, answer: "asyncio.Future[Message]") -> None:
        if answer.cancelled() or not isinstance(answer.exception(), HartTimeoutError):
            return
        self._lost_probes += 1
        if self._lost_probes < LOST_PROBES:
            self._probe()
        else:
            what = f"the server answered none of {LOST_PROBES} keep-alives"
            self.drop(ConnectionLostError(what, place=self.name))


def _granted_seconds(body: bytes) -> float:
    """Return the silence that a server grants; 0 where it says nothing of it."""
    try:
        return SessionTerms.decode(body).inactivity_ms / 1000
    except FrameError:
        return 0.0
