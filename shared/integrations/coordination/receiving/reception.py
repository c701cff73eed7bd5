"""What becomes of a message that has come: worked on once, tried again, answered, or dead with its reason."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

import msgspec
import structlog

from integrations.coordination.letters.outcome import Deliver, Later
from integrations.coordination.letters.responses import (
    UNKNOWN,
    ErrorCode,
    RefusedError,
    failure,
    response_to,
    unreadable,
)
from integrations.coordination.letters.tracing import ASKED, Traces
from integrations.coordination.letters.vouching import forged
from integrations.coordination.letters.wording import is_expired, read_agent, seconds_left, sender_of
from integrations.coordination.mailbox.mail import Mail
from integrations.coordination.sending.post import Post
from integrations.messages import (
    BROADCAST,
    ROLE_PREFIX,
    AgentMessage,
    Header,
    MessageType,
    TooLargeError,
    sender_of_subject,
)
from integrations.messages import MessageError as BadMessage
from integrations.resilience import Backoff

from .seen import Seen

log = structlog.get_logger(__name__)

RETRY = Backoff(0.5, max_seconds=30.0)
CRASHES = 5
"""How often, for each time that it may be tried, a message may be lost with whoever worked on it."""


class Reception:
    """Takes the mail of one agent; `counts` says what became of it."""

    def __init__(
        self, agent_id: str, role: str | None, post: Post, deliver: Deliver, *, retry: Backoff = RETRY
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._agent_id = agent_id
        self._role = role
        self._post = post
        self._deliver = deliver
        self._retry = retry
        self._seen = Seen()
        self._traces = Traces()

    def work(self, mail: Mail) -> Later[None] | None:
        """Do all that is to be done with one message from a stream, or return what does the rest of it."""
        self.counts["received"] += 1
        try:
            message = self._read(mail)
        except TooLargeError as error:
            return Later(self._reject(mail, ErrorCode.TOO_LARGE, str(error)))
        except BadMessage as error:
            return Later(self._reject(mail, ErrorCode.MALFORMED, str(error)))
        subject = mail.received.subject
        if reason := forged(message.sender_id, subject):
            told = (sender_of_subject(subject) or UNKNOWN, message.message_id)
            return Later(self._reject(mail, ErrorCode.WRONG_SENDER, reason, told))
        if self._came_before(message, mail):
            mail.done()
            return None
        if refusal := self._fault(mail, message):
            return Later(self._refuse(mail, message, refusal))
        return self._try(mail, message)

    def answer(
        self, message: AgentMessage, subject: str, headers: Mapping[str, str]
    ) -> AgentMessage | Later[AgentMessage]:
        """Do all that is to be done with a message that came past the streams; returns what to answer."""
        self.counts["asked"] += 1
        if reason := forged(message.sender_id, subject):
            told = (sender_of_subject(subject) or UNKNOWN, message.message_id)
            return unreadable(self._agent_id, told, ErrorCode.WRONG_SENDER, reason)
        if (answer := self._seen.answer(message.message_id)) is not None:
            self.counts["duplicates"] += 1
            return answer
        if not self._is_for_us(message):
            return self._failure(message, ErrorCode.MISROUTED, str(self._misrouted(message)))
        try:
            outcome = self._traces.work(self._deliver, message, headers, ASKED)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is an answer
            return self._answered(message, self._failed_answer(message, error))
        if isinstance(outcome, Later):
            return Later(self._awaited_answer(message, outcome))
        return self._answered(message, outcome)

    async def _awaited_answer(
        self, message: AgentMessage, answering: Later[AgentMessage | None]
    ) -> AgentMessage:
        try:
            answer = await answering
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is an answer
            answer = self._failed_answer(message, error)
        return self._answered(message, answer)

    def _answered(self, message: AgentMessage, answer: AgentMessage | None) -> AgentMessage:
        if answer is None:
            answer = response_to(message, self._agent_id, {})
        self._seen.done(message.message_id, answer)
        return answer

    def _failed_answer(self, message: AgentMessage, error: Exception) -> AgentMessage:
        if isinstance(error, RefusedError):
            return self._failure(message, error.code, str(error))
        self._log(message, error)
        self.counts["failed"] += 1
        return self._failure(message, ErrorCode.HANDLER_FAILED, _in_words(error))

    def _read(self, mail: Mail) -> AgentMessage:
        message = read_agent(mail.received.data, mail.received.headers.get(Header.CONTENT_TYPE))
        if failures := self._seen.failures(message.message_id):
            message = msgspec.structs.replace(message, retry_count=failures)
        return message

    def _came_before(self, message: AgentMessage, mail: Mail) -> bool:
        """Whether it was worked on, or is; what was answered is answered again: the first may be lost."""
        if not (self._seen.is_done(message.message_id) or self._seen.is_running(message.message_id)):
            return False
        self.counts["duplicates"] += 1
        if (answer := self._seen.answer(message.message_id)) is not None:
            self._post.answer(answer, mail.received.headers)
        return True

    def _fault(self, mail: Mail, message: AgentMessage) -> RefusedError | None:
        if not self._is_for_us(message):
            return self._misrouted(message)
        if is_expired(message):
            text = f"expired {-seconds_left(message):.1f} s ago: its ttl is {message.ttl} s"
            return RefusedError(ErrorCode.EXPIRED, text, is_dead=True)
        if mail.received.delivered > CRASHES * (message.max_retries + 1):
            text = f"came {mail.received.delivered} times and was never worked on to its end"
            return RefusedError(ErrorCode.HANDLER_FAILED, text, is_dead=True)
        return None

    def _is_for_us(self, message: AgentMessage) -> bool:
        recipient = message.recipient_id
        if recipient.startswith(ROLE_PREFIX):
            return recipient.removeprefix(ROLE_PREFIX).lower() == self._role
        return recipient in {self._agent_id, BROADCAST}

    def _misrouted(self, message: AgentMessage) -> RefusedError:
        text = f"recipient_id is {message.recipient_id!r}, but it came to {self._agent_id!r}"
        return RefusedError(ErrorCode.MISROUTED, text, is_dead=True)

    def _try(self, mail: Mail, message: AgentMessage) -> Later[None] | None:
        try:
            outcome = self._traces.work(self._deliver, message, mail.received.headers)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is an answer
            return Later(self._wrong(mail, message, error))
        if isinstance(outcome, Later):
            self._seen.begin(message.message_id)
            return Later(self._wait(mail, message, outcome))
        self._worked(mail, message, outcome)
        return None

    async def _wait(self, mail: Mail, message: AgentMessage, working: Later[AgentMessage | None]) -> None:
        try:
            answer = await working
        except asyncio.CancelledError:
            mail.again()
            raise
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is an answer
            await self._wrong(mail, message, error)
        else:
            self._worked(mail, message, answer)
        finally:
            self._seen.end(message.message_id)

    def _worked(self, mail: Mail, message: AgentMessage, answer: AgentMessage | None) -> None:
        self._seen.done(message.message_id, answer)
        if answer is not None:
            self._post.answer(answer, mail.received.headers)
        mail.done()

    async def _wrong(self, mail: Mail, message: AgentMessage, error: Exception) -> None:
        if isinstance(error, RefusedError):
            return await self._refuse(mail, message, error)
        self._log(message, error)
        return await self._failed(mail, message, _in_words(error))

    async def _failed(self, mail: Mail, message: AgentMessage, reason: str) -> None:
        """Answer a request with the error at once; try everything else again before it is dead."""
        self.counts["failed"] += 1
        if message.requires_response:
            return await self._refuse(mail, message, RefusedError(ErrorCode.HANDLER_FAILED, reason))
        failures = self._seen.failed(message.message_id)
        if failures <= message.max_retries:
            self.counts["retried"] += 1
            return mail.again(self._retry.ceiling(failures - 1))
        text = f"failed {failures} times, last with: {reason}"
        return await self._refuse(mail, message, RefusedError(ErrorCode.HANDLER_FAILED, text, is_dead=True))

    async def _refuse(self, mail: Mail, message: AgentMessage, refusal: RefusedError) -> None:
        """Tell the sender why not, unless it was an answer itself: two agents would never end."""
        answer = None
        if message.message_type is not MessageType.RESPONSE and message.sender_id != self._agent_id:
            answer = self._failure(message, refusal.code, str(refusal))
            self._post.answer(answer, mail.received.headers)
        self._seen.done(message.message_id, answer)
        if not refusal.is_dead:
            return mail.done()
        self.counts["dead"] += 1
        return await self._post.dead(mail, f"{refusal.code}: {refusal}")

    async def _reject(
        self, mail: Mail, code: ErrorCode, reason: str, sender: tuple[str, str] | None = None
    ) -> None:
        """Dispose of what cannot be read or is forged, and tell the sender where it can be made out."""
        self.counts["dead"] += 1
        if found := sender or sender_of(mail.received.data):
            self._post.answer(unreadable(self._agent_id, found, code, reason), mail.received.headers)
        await self._post.dead(mail, f"{code}: {reason}")

    def _failure(self, message: AgentMessage, code: StrEnum, reason: str) -> AgentMessage:
        return response_to(message, self._agent_id, failure(code, reason))

    def _log(self, message: AgentMessage, error: Exception) -> None:
        log.error("handler failed", agent=self._agent_id, message_id=message.message_id, exc_info=error)


def _in_words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
