"""Sockets of the simulated HART-IP server: what carries a session."""

import asyncio
from collections.abc import Callable
from typing import cast

import structlog

from integrations.protocols.hart import FrameError, MessageStream, decode_message

from .session import HartSession

log = structlog.get_logger(__name__)

HostPort = tuple[str, int]
NewSession = Callable[[Callable[[bytes], None], Callable[[], None]], HartSession]
"""Makes a session of what sends a message and what lets go of the client."""


class TcpClient(asyncio.Protocol):
    """One TCP connection, for one session."""

    def __init__(self, new_session: NewSession, connections: set["TcpClient"]) -> None:
        self._connections = connections
        self._stream = MessageStream()
        self._session = new_session(self._send, self._hang_up)
        self.gone = asyncio.Event()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, as asyncio asks."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio names and passes it
        """End the session."""
        self._session.end()
        self._connections.discard(self)
        self.gone.set()

    def data_received(self, data: bytes) -> None:
        """Answer each complete message; hang up on what isn't HART-IP."""
        try:
            for message in self._stream.feed(data):
                self._session.take(message)
        except FrameError as error:
            log.warning("hung up on a client that does not speak HART-IP", error=str(error))
            self.abort()

    def pause_writing(self) -> None:
        """Stop listening to a client that doesn't take its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Listen again."""
        self._transport.resume_reading()

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()

    def _send(self, data: bytes) -> None:
        self._transport.write(data)

    def _hang_up(self) -> None:
        """Close the connection once everything is sent."""
        self._transport.close()


class UdpClients(asyncio.DatagramProtocol):
    """The UDP socket; a client has a session there from its Session Initiate on."""

    def __init__(self, new_session: NewSession) -> None:
        self._new_session = new_session
        self._sessions: dict[HostPort, HartSession] = {}
        self.gone = asyncio.Event()
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, as asyncio asks."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio names and passes it
        """Tell who waits for the end."""
        self.gone.set()

    def datagram_received(self, data: bytes, addr: HostPort) -> None:
        """Answer a message; what isn't HART-IP is dropped."""
        try:
            message = decode_message(data)
        except FrameError as error:
            log.warning("dropped a datagram that is no HART-IP", error=str(error))
            return
        session = self._sessions.get(addr)
        if session is None:
            session = self._new_session(
                lambda answer: self._send_to(addr, answer), lambda: self._forget(addr)
            )
        session.take(message)
        if session.is_open:
            self._sessions[addr] = session

    def close(self) -> None:
        """Stop listening."""
        self._transport.close()

    def _send_to(self, address: HostPort, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, address)

    def _forget(self, address: HostPort) -> None:
        self._sessions.pop(address, None)
