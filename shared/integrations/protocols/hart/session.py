"""One session with a HART-IP server, whatever carries it: requests matched with their answers.

Every timer belongs to the session and ends with it; there are no tasks.
"""

import asyncio
import math
from abc import abstractmethod
from collections.abc import Callable

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


class Pending:
    """A request on the wire."""

    __slots__ = ("answer", "deadline", "id", "sent", "sequence")

    def __init__(
        self,
        message_id: MessageId,
        sequence: int,
        answer: "asyncio.Future[Message]",
        sent: float,
        timeout_seconds: float,
    ) -> None:
        self.id = message_id
        self.sequence = sequence
        self.answer = answer
        self.sent = sent
        self.deadline = sent + timeout_seconds


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
        self._last_sent = self._last_heard = 0.0
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
        self._keep_alive_every(SessionTerms.decode(answer.body).inactivity_ms / 1000)

    async def request(self, message_id: MessageId, body: bytes, timeout_seconds: float) -> Message:
        """Send a request and return its answer, whatever that says.

        Raises:
            HartTimeoutError: no answer in time.
            ConnectionLostError: the session is over.
            HartError: the server declined the message, or speaks another version.
        """
        if not self.is_open:
            raise ConnectionLostError("the session is over", place=self.name)
        pending = self._begin(message_id, body, timeout_seconds)
        try:
            return await pending.answer
        finally:
            self._pending.pop(pending.sequence, None)

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
        pending, self._pending = self._pending, {}
        for waiting in pending.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(error.at(self.name))
        logger.debug("hart session ended", link=self.name, reason=error.what)
        if tell:
            self._send(encode_request(MessageId.SESSION_CLOSE, self._next()))
        self._hang_up()

    def _begin(self, message_id: MessageId, body: bytes, timeout_seconds: float) -> Pending:
        """Put a request on the wire; from now on its answer is expected."""
        sequence = self._next()
        data = encode_request(message_id, sequence, body)
        self._last_sent = now = self._loop.time()
        pending = Pending(message_id, sequence, self._loop.create_future(), now, timeout_seconds)
        self._pending[sequence] = pending
        if pending.deadline < self._deadline:
            self._wake_at(pending.deadline)
        self._send(data)
        return pending

    def _wake_at(self, deadline: float) -> None:
        """Look at the deadlines then; one timer for all, since nearly every request is answered in time."""
        if self._watch:
            self._watch.cancel()
        self._deadline = deadline
        self._watch = self._loop.call_at(deadline, self._look_at_deadlines)

    def _look_at_deadlines(self) -> None:
        self._watch, self._deadline = None, math.inf
        now = self._loop.time() + CLOCK_STEP_SECONDS
        for pending in tuple(self._pending.values()):
            if pending.deadline <= now:
                self._expire(pending)
        if self.is_open and (left := [p.deadline for p in self._pending.values() if p.deadline > now]):
            self._wake_at(min(left))

    def _next(self) -> int:
        while True:
            self._sequence = (self._sequence + 1) & 0xFFFF
            if self._sequence not in self._pending:
                return self._sequence

    def _take(self, message: Message) -> None:
        """Match a message with the request it answers."""
        self._last_heard = self._loop.time()
        self._lost_probes = 0
        pending = self._pending.get(message.sequence)
        if pending is None or message.id != pending.id or message.type in _UNASKED:
            self._take_unasked(message)
        elif pending.answer.done():
            self.dropped_messages += 1  # twice in one segment: who waits has not woken yet
        elif (error := self._fault_of(message)) is None:
            pending.answer.set_result(message)
        else:
            pending.answer.set_exception(error)

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

    def _fault_of(self, message: Message) -> HartError | None:
        """Return what is wrong with an answer as a message, if anything."""
        if message.version != VERSION:
            what = f"the server speaks HART-IP version {message.version}, here only {VERSION} is spoken"
            return UnsupportedVersionError(what, place=self.name, code=message.status)
        declined = message.status and not message.body and message.id != MessageId.SESSION_INITIATE
        if declined or message.type == _NAK:
            what = f"the server declined the message, status {message.status}"
            return GatewayStatusError(what, place=self.name, code=message.status)
        return None

    def _note_nonsense(self, error: FrameError) -> None:
        """Remember what came that is no HART-IP: the timeout that follows will tell."""
        self.dropped_messages += 1
        self._nonsense = f"; what came is {error.what}"

    def _expire(self, pending: Pending) -> None:
        if pending.answer.done():
            return
        what = f"no answer within {pending.deadline - pending.sent:g} s{self._nonsense}"
        self._nonsense = ""
        pending.answer.set_exception(HartTimeoutError(what, place=self.name))
        if self._keep_alive_seconds and self._last_heard <= pending.sent:
            self._probe()

    def _keep_alive_every(self, inactivity_seconds: float) -> None:
        """Keep a session alive whose server closes it after so much silence; 0 is never."""
        self._keep_alive_seconds = max(
            (inactivity_seconds or self._endpoint.inactivity_seconds) / KEEP_ALIVES_PER_INACTIVITY,
            SHORTEST_KEEP_ALIVE_SECONDS,
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
        pending = self._begin(MessageId.KEEP_ALIVE, b"", seconds)
        pending.answer.add_done_callback(lambda answer: self._probed(pending.sequence, answer))

    def _probed(self, sequence: int, answer: "asyncio.Future[Message]") -> None:
        self._pending.pop(sequence, None)
        if answer.cancelled() or not isinstance(answer.exception(), HartTimeoutError):
            return
        self._lost_probes += 1
        if self._lost_probes < LOST_PROBES:
            self._probe()
        else:
            what = f"the server answered none of {LOST_PROBES} keep-alives"
            self.drop(ConnectionLostError(what, place=self.name))
