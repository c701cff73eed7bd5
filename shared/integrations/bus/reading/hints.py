"""When to ask a consumer for messages, by what is heard: for readers that may not leave a request lying."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from nats import errors
from nats.aio.subscription import Subscription

from integrations.bus.client import Heard
from integrations.bus.connection import Bus, BusEvent, BusEventKind

LOOK_SECONDS = 5.0
"""What was not heard, and what comes again because nobody acknowledged it, is found after this time."""


class Hints:
    """Says that something may be there: heard a moment ago, or not looked for in LOOK_SECONDS.

    Of a consumer whose leader is another server nobody tells that a reader in an account of its own has gone:
    what is requested stays so, and what it brings is lost until it comes again.
    """

    def __init__(self, bus: Bus, subjects: Iterable[str], wake: Callable[[], None]) -> None:
        self.heard = False
        """Whether something came, or may have, since it was asked last."""
        self.forbidden = False
        """Whether the bus does not let us listen."""
        self._bus = bus
        self._subjects = list(subjects)
        self._wake = wake
        self._subscriptions: list[Subscription] = []
        self._unobserve: Callable[[], None] | None = None

    async def begin(self) -> None:
        """Listen, if that is not so yet; what is there already counts as heard."""
        self.heard = True
        if self._unobserve is None:
            self._unobserve = self._bus.observe(self._on_event)
            for subject in self._subjects:
                self._subscriptions.append(await self._bus.client.hear(subject, self._on_message))

    async def end(self) -> None:
        """Listen no more."""
        if self._unobserve is not None:
            self._unobserve()
        for subscription in self._subscriptions:
            with contextlib.suppress(errors.Error):
                await subscription.unsubscribe()

    def hint(self) -> None:
        """Say that something may be there."""
        self.heard = True
        self._wake()

    def hint_after(self, seconds: float) -> None:
        """Say so later."""
        asyncio.get_running_loop().call_later(seconds, self.hint)

    def _on_message(self, _message: Heard) -> None:
        self.hint()

    def _on_event(self, event: BusEvent) -> None:
        denied = event.kind is BusEventKind.PERMISSION_DENIED
        if denied and event.subject in {subject.lower() for subject in self._subjects}:
            self.forbidden = True
            self.hint()
