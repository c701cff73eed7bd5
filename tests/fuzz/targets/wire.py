"""A connection without a network: bytes come in pieces, then it is lost."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

_LOOP: list[asyncio.AbstractEventLoop] = []


class Nowhere(asyncio.Transport):
    """Takes whatever is written."""

    def __init__(self) -> None:
        super().__init__()
        self._closed = False

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        self._closed = True

    def is_closing(self) -> bool:
        return self._closed

    def abort(self) -> None:
        self._closed = True

    def get_write_buffer_size(self) -> int:
        return 0


def conversation(
    make: Callable[[], asyncio.Protocol],
    ask: Callable[[Any], Coroutine[Any, Any, Any]],
    pieces: Iterable[bytes],
    turns: int = 1,
) -> Any:
    """Return what `ask` makes of the pieces that come, some turns of the loop apart; then all is lost."""

    async def talk() -> Any:
        link = make()
        link.connection_made(Nowhere())
        asked = asyncio.ensure_future(ask(link))
        await asyncio.sleep(0)
        for piece in pieces:
            link.data_received(piece)
            for _ in range(turns):
                await asyncio.sleep(0)
        link.connection_lost(None)
        return await asked

    return run(talk())


def run(talk: Coroutine[Any, Any, Any]) -> Any:
    """Return what comes of `talk`, in an event loop that lasts."""
    if not _LOOP:
        _LOOP.append(asyncio.new_event_loop())
    return _LOOP[0].run_until_complete(talk)


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    """Cut bytes into pieces of one size; 0 is one piece."""
    size = size or max(1, len(data))
    return (data[at : at + size] for at in range(0, len(data), size))
