"""What carries a session: TCP, or UDP where the server may answer from another port."""

import asyncio
import socket
import sys
from typing import cast

from .endpoint import HartEndpoint, Transport
from .errors import CannotConnectError, ConnectionLostError, FrameError
from .header import MessageId, MessageStream, decode_message
from .session import PublishHandler, Session

IP_RECVERR = 11
"""Linux: tell an unconnected UDP socket that a port is closed; Python has no name for it before 3.14."""


class TcpSession(Session, asyncio.Protocol):
    """A session over one TCP connection."""

    def __init__(self, endpoint: HartEndpoint, on_publish: PublishHandler) -> None:
        super().__init__(endpoint, on_publish)
        self._transport: asyncio.Transport | None = None
        self._stream = MessageStream()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the open connection."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits that there will be no answer."""
        what = f"connection lost ({exc or 'closed by the other side'})"
        self.drop(ConnectionLostError(what, place=self.name), tell=False)
        if not self._closed.done():
            self._closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages; one that is out of step ends the session."""
        try:
            for message in self._stream.feed(data):
                self._take(message)
        except FrameError as error:
            self.drop(error, tell=False)

    def _send(self, data: bytes) -> None:
        if self._transport:
            self._transport.write(data)

    def _hang_up(self) -> None:
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()  # the other side takes nothing any more: closing would wait for it
        else:
            self._transport.close()


class UdpSession(Session, asyncio.DatagramProtocol):
    """A session over UDP.

    A server may open it on one port and serve it on another, from which it then answers Session Initiate:
    whatever port that comes from is the session's from then on, and nothing else is listened to. The socket
    is connected to it then, which makes a datagram cheaper to send.
    """

    def __init__(
        self, endpoint: HartEndpoint, on_publish: PublishHandler, server: tuple[str | int, ...]
    ) -> None:
        super().__init__(endpoint, on_publish)
        self._server = server
        self._has_session_port = False
        self._transport: asyncio.DatagramTransport | None = None
        self._send_to: tuple[str | int, ...] | None = server
        self._is_moving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the open socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    async def settle(self) -> None:
        """Connect the socket to the session's port.

        Raises:
            CannotConnectError: that does not work; no socket is left.
        """
        assert self._transport  # noqa: S101 - there is a session
        opening, loop = self._transport, asyncio.get_running_loop()
        wire = opening.get_extra_info("socket")
        connected = socket.fromfd(wire.fileno(), wire.family, socket.SOCK_DGRAM)
        try:
            connected.setblocking(False)
            connected.connect(self._server)
            self._is_moving = True
            opening.abort()
            await loop.create_datagram_endpoint(lambda: self, sock=connected)
        except BaseException as error:
            connected.close()
            self._let_go()
            if isinstance(error, OSError):
                raise CannotConnectError(f"cannot connect: {error}", place=self.name) from error
            raise
        self._send_to = None
        if not self.is_open:  # it ended meanwhile
            self._hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits that there will be no answer."""
        if self._is_moving:  # to another transport over the same socket
            self._is_moving = False
            return
        self.drop(ConnectionLostError(f"socket lost ({exc})", place=self.name), tell=False)
        self._let_go()

    def _let_go(self) -> None:
        if not self._closed.done():
            self._closed.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """End the session when the network says that nobody is there."""
        kind = ConnectionLostError if self._has_session_port else CannotConnectError
        self.drop(kind(f"no HART-IP server there: {exc}", place=self.name), tell=False)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Take a message from the server; datagrams from elsewhere are dropped."""
        if addr[0] != self._server[0] or (self._has_session_port and addr[1] != self._server[1]):
            self.dropped_messages += 1
            return
        try:
            message = decode_message(data)
        except FrameError as error:
            self._note_nonsense(error)
            return
        if not self._has_session_port:
            pending = self._pending.get(message.sequence)
            if pending is None or message.id != MessageId.SESSION_INITIATE:
                return
            self._server = self._send_to = addr
            self._has_session_port = True
        self._take(message)

    def _send(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(data, self._send_to)

    def _hang_up(self) -> None:
        if self._transport:
            self._transport.close()


async def open_session(endpoint: HartEndpoint, on_publish: PublishHandler) -> Session:
    """Open a session with the server.

    Raises:
        CannotConnectError: refused, unreachable, unknown name, or not up in time.
        HartError: as Session.initiate.
    """
    try:
        async with asyncio.timeout(endpoint.timeout_seconds):
            connect = _connect_udp if endpoint.transport == Transport.UDP else _connect_tcp
            session = await connect(endpoint, on_publish)
    except TimeoutError:
        what = f"cannot connect: no answer within {endpoint.timeout_seconds:g} s"
        raise CannotConnectError(what, place=str(endpoint)) from None
    except (OSError, UnicodeError) as error:
        raise CannotConnectError(f"cannot connect: {error}", place=str(endpoint)) from error
    try:
        await session.initiate()
        if isinstance(session, UdpSession) and sys.platform != "win32":
            await session.settle()
    except BaseException:
        session.drop(ConnectionLostError("there was no session", place=str(endpoint)))
        await session.closed()
        raise
    return session


async def _connect_tcp(endpoint: HartEndpoint, on_publish: PublishHandler) -> Session:
    loop = asyncio.get_running_loop()
    _, session = await loop.create_connection(
        lambda: TcpSession(endpoint, on_publish), endpoint.host, endpoint.port
    )
    return session


async def _connect_udp(endpoint: HartEndpoint, on_publish: PublishHandler) -> Session:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = found[0]
    server: tuple[str | int, ...] = cast("tuple[str | int, ...]", address)
    _, session = await loop.create_datagram_endpoint(
        lambda: UdpSession(endpoint, on_publish, server), sock=_udp_socket(family, server)
    )
    return session


def _udp_socket(family: int, server: tuple[str | int, ...]) -> socket.socket:
    """Return a socket on the local address that leads to `server`, connected to nobody."""
    with socket.socket(family, socket.SOCK_DGRAM) as route:
        route.connect(server)
        local = route.getsockname()[0]
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        if sys.platform == "linux" and family == socket.AF_INET:
            opened.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        opened.bind((local, 0))
    except OSError:
        opened.close()
        raise
    return opened
