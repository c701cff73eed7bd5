"""Which priorities an agent has mail of: a consumer for each of them costs the server, used or not."""

import asyncio
import contextlib
import random
from collections.abc import Iterable

import structlog

from integrations.bus import (
    AGENTS,
    Bus,
    BusEvent,
    BusEventKind,
    BusForbiddenError,
    JetStreamError,
    JetStreamUnavailableError,
    listening,
    subjects_of,
)
from integrations.messages import MessagePriority, inbox_subject, inboxes_subject, vouched_subject
from integrations.resilience import Backoff

log = structlog.get_logger(__name__)

LOOK_SECONDS = 30.0
"""What was not heard is found after this time at the latest."""
_AGAIN = Backoff(0.5, max_seconds=LOOK_SECONDS, jitter=True)
_RNG = random.Random()  # noqa: S311 - spreads agents in time, protects no secret


class Demand:
    """Hears of the first mail of each priority, and looks into the stream for what was not heard.

    What is heard is a hint only: it may be lost with a connection. So there is a look at the start, after
    each reconnect, and now and then. Where hearing or looking is forbidden, every priority is wanted.
    """

    def __init__(
        self,
        bus: Bus,
        agent_id: str,
        *,
        look_seconds: float = LOOK_SECONDS,
        rng: random.Random = _RNG,
    ) -> None:
        self.looked = asyncio.Event()
        """Set when it is known what was there at the start."""
        self._bus = bus
        self._all = inboxes_subject(agent_id)
        self._subjects = {
            priority: (subject, vouched_subject(subject))
            for priority in MessagePriority
            for subject in [inbox_subject(agent_id, priority)]
        }
        self._in_lower_case = {subject.lower() for both in self._subjects.values() for subject in both}
        self._wanted = {priority: asyncio.Event() for priority in MessagePriority}
        self._wanted[MessagePriority.NORMAL].set()  # nearly every agent has some, and then without delay
        self._look_seconds = look_seconds
        self._rng = rng
        self._fruitless = 0
        self._again = asyncio.Event()

    def wanted(self, priority: MessagePriority) -> asyncio.Event:
        """What is set as soon as there has been mail of that priority."""
        return self._wanted[priority]

    async def keep(self) -> None:
        """Hear and look, until there has been mail of every priority."""
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(self._bus.observe(self._on_event))
            for priority in self._missing():
                for subject in self._subjects[priority]:
                    hint = listening(self._bus, subject, self._on_mail, once=True)
                    await stack.enter_async_context(hint)
            while self._missing():
                await self._look()
                await self._pause()

    def _missing(self) -> list[MessagePriority]:
        return [priority for priority, wanted in self._wanted.items() if not wanted.is_set()]

    def _on_mail(self, subject: str, _headers: dict[str, str], _body: bytes) -> None:
        self._want([subject])

    def _want(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            for priority, (plain, _) in self._subjects.items():
                if f"{subject}.".startswith(f"{plain}."):
                    self._wanted[priority].set()

    async def _look(self) -> None:
        try:
            self._want(await subjects_of(self._bus, AGENTS, self._all))
        except BusForbiddenError:
            self._want_all()
        except (JetStreamError, JetStreamUnavailableError) as error:
            self._fruitless += 1
            log.info("mail cannot be looked for", subject=self._all, reason=str(error))
            return
        self._fruitless = 0
        self.looked.set()

    async def _pause(self) -> None:
        """Wait until the next look, spread over time: a thousand agents may have come together."""
        seconds = self._rng.uniform(0.5, 1.0) * self._look_seconds
        if self._fruitless:
            seconds = _AGAIN.delay(self._fruitless - 1, self._rng)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._again.wait()
        self._again.clear()

    def _on_event(self, event: BusEvent) -> None:
        if event.kind is BusEventKind.RECONNECTED:
            self._again.set()
        elif event.kind is BusEventKind.PERMISSION_DENIED and event.subject in self._in_lower_case:
            self._want_all()

    def _want_all(self) -> None:
        self._want(plain for plain, _ in self._subjects.values())
