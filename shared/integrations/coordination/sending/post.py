"""What an agent sends: mail that the bus keeps, answers that find their way, and dead letters."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

import structlog

from integrations.bus import (
    AGENTS,
    Ack,
    BusClosedError,
    Heard,
    JetStreamError,
    JetStreamUnavailableError,
    Outgoing,
    PublishRefusedError,
    ReplyInbox,
    dead_letter,
    nobody,
)
from integrations.bus.publishing.outgoing import STREAM_FULL
from integrations.coordination.errors import ExpiredError, MailRefusedError, UnknownRecipientError
from integrations.coordination.letters.responses import ErrorCode, sendable, unreadable
from integrations.coordination.letters.routing import Reach, route_to
from integrations.coordination.letters.tracing import Traces, carried
from integrations.coordination.letters.wording import mail_headers, seconds_left, write_agent
from integrations.coordination.link import Link
from integrations.coordination.mailbox.mail import Mail
from integrations.coordination.presence.directory import Directory
from integrations.messages import AgentMessage, Header, MessageError, Subjects, inbox_subject, reply_subject

from .timers import Timers
from .unread import Letter, Unread

log = structlog.get_logger(__name__)

NO_HEADERS: Mapping[str, str] = {}
UNHEARD_SECONDS = 5.0
"""How long the server may take to say that nobody listens for an answer."""


class Post:
    """Sends for one program; `inbox` is shared with whoever asks."""

    def __init__(self, link: Link, directory: Directory, inbox: ReplyInbox, timers: Timers) -> None:
        self._link = link
        self._directory = directory
        self._inbox = inbox
        self._timers = timers
        self._tasks: set[asyncio.Task[None]] = set()
        self._traces = Traces()
        self._at_home: dict[str, Callable[[AgentMessage], None]] = {}
        self._unread = Unread(directory, timers, lambda letter: self._spawn(self._expired(letter)))

    @contextlib.contextmanager
    def at_home(self, agent_id: str, take: Callable[[AgentMessage], None]) -> Iterator[None]:
        """Have an agent of this program hear itself of its mail that expires, while entered."""
        self._at_home[agent_id] = take
        try:
            yield
        finally:
            self._at_home.pop(agent_id, None)

    async def send(self, message: AgentMessage) -> Ack:
        """Have the bus keep a message until it is read or its time is over; waits while the bus is away.

        Raises:
            UnknownRecipientError: no agent was ever seen under that name, or there is no such role.
            ExpiredError: its time is over, or was before the bus had it.
            MailRefusedError: the mailbox is full, or the message may not be sent.
            TooLargeError: it has too many bytes.
        """
        left = seconds_left(message)
        if left <= 0:
            raise ExpiredError(f"{message.message_id} expired {-left:.1f} s ago: its ttl is {message.ttl} s")
        route = route_to(message.recipient_id)
        if route.reach is Reach.ONE and not await self._directory.knows(route.name):
            raise UnknownRecipientError(f"recipient_id {route.name!r} is no agent that was ever seen")
        outgoing = Outgoing(
            route.subject(message.priority),
            write_agent(message),
            {**mail_headers(left), **self._traces.sent(message)},
            f"{message.recipient_id}.{message.message_id}",
            lane=message.message_id,
            full_is_final=True,
        )
        batch = self._link.publisher.begin([outgoing])
        timer = self._timers.after(left, batch.give_up)
        try:
            (outcome,) = await batch.all_settled()
        except TimeoutError:
            raise ExpiredError(f"{message.message_id} expired before the bus could take it") from None
        finally:
            self._timers.cancel(timer)
        if isinstance(outcome, Ack):
            if route.reach is Reach.ONE and message.sender_id in self._at_home:
                self._unread.follow(message, outcome, left)
            return outcome
        full = outcome.code == STREAM_FULL
        why = f"too much of it waits unread ({outcome.reason})" if full else outcome.reason
        raise MailRefusedError(f"mail for {message.recipient_id} is refused: {why}")

    def answer(self, response: AgentMessage, asked: Mapping[str, str] = NO_HEADERS) -> None:
        """Send an answer to whoever waits for it; where nobody does just now, it becomes mail.

        `asked` are the headers of what is answered: its trace goes on.
        """
        subject = reply_subject(response.recipient_id, response.correlation_id or response.message_id)

        def on_answer(msg: Heard) -> None:
            if nobody(msg):
                self._keep(response)

        try:
            token = self._inbox.send(subject, sendable(response), on_answer, carried(asked))
        except BusClosedError:
            self._keep(response)
        else:
            self._timers.after(UNHEARD_SECONDS, lambda: self._inbox.forget(token))

    async def dead(self, mail: Mail, reason: str) -> None:
        """Put a message among the dead letters, with the reason; then it is done."""
        await self._store_dead(dead_letter(self._link.site, mail.stream, mail.received, reason))
        mail.done()

    def dead_answer(self, response: AgentMessage, reason: str) -> None:
        """Put an answer that came past the streams among the dead letters."""
        subject = reply_subject(response.recipient_id, response.correlation_id or "none")
        self._spawn(self._store_dead(self._letter(response, subject, 0, reason)))

    async def withdraw(self, ack: Ack) -> bool:
        """Take back what nobody has read yet; whether it was there."""
        try:
            await self._link.bus.api(f"STREAM.MSG.DELETE.{ack.stream}", {"seq": ack.seq, "no_erase": True})
        except (JetStreamError, JetStreamUnavailableError, BusClosedError):
            return False
        return True

    async def _expired(self, letter: Letter) -> None:
        """Tell the sender that nobody has read its message in time, and put it among the dead letters."""
        message = letter.message
        take = self._at_home.get(message.sender_id)
        if take is None or not await self.withdraw(letter.ack):
            return
        reason = f"{message.recipient_id} has not read it within its ttl of {message.ttl} s"
        asked = (message.sender_id, message.message_id)
        take(unreadable(message.sender_id, asked, ErrorCode.EXPIRED, reason))
        subject = inbox_subject(message.recipient_id, message.priority)
        await self._store_dead(
            self._letter(message, subject, letter.ack.seq, f"{ErrorCode.EXPIRED}: {reason}")
        )

    def _letter(self, message: AgentMessage, subject: str, sequence: int, reason: str) -> Outgoing:
        headers = {
            Header.DEAD_REASON.value: reason,
            Header.DEAD_SUBJECT.value: subject,
            Header.DEAD_SEQUENCE.value: str(sequence),
        }
        where = Subjects(self._link.site).dead(AGENTS)
        name = f"dead-{AGENTS}-{sequence or message.message_id}"
        return Outgoing(where, write_agent(message), headers, name)

    async def close(self) -> None:
        """Give what is still on its way a moment."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=UNHEARD_SECONDS)
            for task in late:
                task.cancel()

    async def _store_dead(self, letter: Outgoing) -> None:
        try:
            await self._link.publisher.publish_all([letter])
        except (PublishRefusedError, BusClosedError) as error:
            log.warning("dead letter was not stored", reason=str(error))

    def _keep(self, response: AgentMessage) -> None:
        self._spawn(self._kept(response))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="post")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kept(self, response: AgentMessage) -> None:
        try:
            await self.send(response)
        except (UnknownRecipientError, ExpiredError, MailRefusedError, MessageError, BusClosedError) as error:
            log.warning("answer cannot be delivered", to=response.recipient_id, reason=str(error))
