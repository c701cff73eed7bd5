"""Connections of browsers: so many from an address, and none that neither asks nor takes what it asked."""

import asyncio
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

EACH_BROWSER = 6
"""Connections that a browser makes to one server at most."""
ASK_SECONDS = 10.0
"""In which a request has to be there, with its body."""
TAKE_SECONDS = 30.0
"""Who has left what waits for them untouched for so long is gone."""
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


class Connections:
    """Counts them; `protocol` makes one that is counted."""

    def __init__(self, browsers_each: int) -> None:
        self.refused = 0
        self._at_most = browsers_each * EACH_BROWSER
        self._open: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._open.total()

    def protocol(self, *args: Any, **more: Any) -> H11Protocol:
        """Return the protocol of a new connection, as uvicorn wants it."""
        return _Bounded(self, *args, **more)

    def enters(self, address: str) -> bool:
        """Whether one more from there may be; it is counted then."""
        if self._open[address] >= self._at_most:
            self.refused += 1
            return False
        self._open[address] += 1
        return True

    def leaves(self, address: str) -> None:
        """One of those that were counted has gone."""
        self._open[address] -= 1
        self._open += Counter()  # forget who has none


class _Bounded(H11Protocol):
    """HTTP of uvicorn, with an end to patience in both directions."""

    def __init__(self, connections: Connections, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._counted = connections
        self._address = ""
        self._refused = False
        self._asking: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self._address = str((transport.get_extra_info("peername") or ("",))[0])
        self._refused = not self._counted.enters(self._address)
        if self._refused:
            transport.write(_REFUSAL)
            transport.close()
            return
        super().connection_made(transport)
        self._asking = self.loop.call_later(ASK_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._asking is None:
            self._asking = self.loop.call_later(ASK_SECONDS, self.transport.abort)
        super().data_received(data)
        if self.conn.their_state in {h11.DONE, h11.MUST_CLOSE}:
            self._asking = _ended(self._asking)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self._taking or self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._taking = _ended(self._taking)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._asking, self._taking = _ended(self._asking), _ended(self._taking)
        if self._refused:
            return
        self._counted.leaves(self._address)
        super().connection_lost(exc)


def _ended(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
