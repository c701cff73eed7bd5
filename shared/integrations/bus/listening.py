"""Listening to subjects as they go by: core NATS, nothing stored, nothing acknowledged."""

import contextlib
from collections.abc import AsyncIterator, Callable

from nats import errors
from nats.aio.msg import Msg

from .connection import Bus

Handler = Callable[[str, dict[str, str], bytes], None]
"""Gets subject, headers and body; must not wait."""


@contextlib.asynccontextmanager
async def listening(bus: Bus, subject: str, handler: Handler, *, once: bool = False) -> AsyncIterator[None]:
    """Call `handler` with every message on `subject` (wildcards allowed) while entered, or with the first."""

    async def on_message(message: Msg) -> None:
        handler(message.subject, message.headers or {}, message.data)

    subscription = await bus.client.subscribe(subject, cb=on_message)
    if once:
        await subscription.unsubscribe(limit=1)
    try:
        yield
    finally:
        if not bus.client.is_closed:
            with contextlib.suppress(errors.Error):
                await subscription.unsubscribe()
