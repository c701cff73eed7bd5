"""From an outbox to the bus, oldest first."""

from collections.abc import Callable

import structlog

from integrations.bus.outbox.memory import Outbox

from .outgoing import PublishRefusedError, Refusal
from .publisher import Publisher

log = structlog.get_logger(__name__)

CHUNK_MESSAGES = 500
CHUNK_BYTES = 4 * 1024 * 1024


class Forwarder:
    """Drains an outbox through a publisher; its owner runs `run()` as a task.

    A message that can never be stored is logged, told to `on_refused` and left behind: it must not block
    the others.
    """

    def __init__(
        self, outbox: Outbox, publisher: Publisher, *, on_refused: Callable[[Refusal], None] | None = None
    ) -> None:
        self._outbox = outbox
        self._publisher = publisher
        self._on_refused = on_refused

    async def run(self) -> None:
        """Forward for ever; raises BusClosedError when publisher or bus are closed."""
        while True:
            messages = await self._outbox.take(CHUNK_MESSAGES, CHUNK_BYTES)
            try:
                await self._publisher.publish_all(messages)
            except PublishRefusedError as error:
                for refusal in error.refusals:
                    self._refused(refusal)
            await self._outbox.forget()

    def _refused(self, refusal: Refusal) -> None:
        log.error("message refused", subject=refusal.message.subject, reason=refusal.reason)
        if self._on_refused:
            self._on_refused(refusal)
