"""From the bus into the live view: clean readings and events."""

import contextlib
from collections.abc import AsyncIterator

from integrations.bus import Bus, listening
from integrations.messages import CleanBatch, Event, Header, MessageError, Subjects, decode

from .live import LiveView


@contextlib.asynccontextmanager
async def feeding(bus: Bus, site: str, view: LiveView) -> AsyncIterator[None]:
    """Keep `view` up to date while entered; what cannot be read is passed over."""

    def on_clean(_: str, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(MessageError):
            view.update(decode(body, CleanBatch, headers.get(Header.CONTENT_TYPE)))

    def on_event(_: str, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(MessageError):
            view.note_event(decode(body, Event, headers.get(Header.CONTENT_TYPE)))

    subjects = Subjects(site)
    async with (
        listening(bus, subjects.every("clean"), on_clean),
        listening(bus, subjects.every("event"), on_event),
    ):
        yield
