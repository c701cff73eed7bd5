"""A connection without a network: bytes come in pieces, then it is lost."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

_LOOP: list[asyncio.AbstractEventLoop] = []


class Nowhere(asyncio.Transport):
    """Takes whatever is written."""

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


def conversation(
    make: Callable[[], asyncio.Protocol],
    ask: Callable[[Any], Coroutine[Any, Any, Any]],
    pieces: Iterator[bytes],
) -> Any:
    """Return what `ask` makes of the pieces that come; the connection is lost after the last."""

    async def talk() -> Any:
        link = make()
        link.connection_made(Nowhere())
        asked = asyncio.ensure_future(ask(link))
        await asyncio.sleep(0)
        for piece in pieces:
            link.data_received(piece)
            await asyncio.sleep(0)
        link.connection_lost(None)
        return await asked

    if not _LOOP:
        _LOOP.append(asyncio.new_event_loop())
    return _LOOP[0].run_until_complete(talk())


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    """Cut bytes into pieces of one size; 0 is one piece."""
    size = size or max(1, len(data))
    return (data[at : at + size] for at in range(0, len(data), size))
