"""From an outbox to the bus, oldest first."""

import asyncio
from collections.abc import Callable

import structlog

from integrations.bus.outbox.memory import MOST_UNDER_WAY, Outbox

from .flights import Batch
from .outgoing import Refusal
from .publisher import Publisher

log = structlog.get_logger(__name__)

CHUNKS_UNDER_WAY = 4
"""A chunk waits for the slowest of its subjects; the next ones leave meanwhile."""
CHUNK_MESSAGES = MOST_UNDER_WAY // CHUNKS_UNDER_WAY
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
        """Forward for ever; raises a group with BusClosedError when publisher or bus are closed."""
        under_way: asyncio.Queue[Batch] = asyncio.Queue()
        room = asyncio.Semaphore(CHUNKS_UNDER_WAY)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._settle(under_way, room), name="forwarder settles")
                while True:
                    await room.acquire()
                    await asyncio.sleep(0)  # what others write in this turn of the loop goes together
                    messages = await self._outbox.take(CHUNK_MESSAGES, CHUNK_BYTES)
                    under_way.put_nowait(self._publisher.begin(messages))
        finally:
            while not under_way.empty():
                under_way.get_nowait().withdraw()

    async def _settle(self, under_way: asyncio.Queue[Batch], room: asyncio.Semaphore) -> None:
        while True:
            outcomes = await (await under_way.get()).all_settled()
            for outcome in outcomes:
                if isinstance(outcome, Refusal):
                    self._refused(outcome)
            await self._outbox.forget(len(outcomes))
            room.release()

    def _refused(self, refusal: Refusal) -> None:
        log.error("message refused", subject=refusal.message.subject, reason=refusal.reason)
        if self._on_refused:
            self._on_refused(refusal)
