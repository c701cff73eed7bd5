"""The connection of an OPC UA client, which takes no more from a server than it has room for.

Source: OPC UA Part 6 §7.1.2 (message headers, Hello, Acknowledge).
"""

import asyncio
import struct
from typing import Any

from asyncua import Client, ua
from asyncua.client.ua_client import UaClient, UaClientState, UASocketProtocol
from asyncua.common.connection import MessageChunk, SecureConnection, TransportLimits
from asyncua.ua.ua_binary import uatcp_to_binary

from .bounded import BoundedBuffer

USUAL_CHUNK = 65_536
"""What servers are told; they may send as much at a time."""
LARGEST_CHUNK = 1024 * 1024
"""What is taken from those that do not keep to it."""
LARGEST_MESSAGE = 16 * 1024 * 1024
MOST_CHUNKS = 4096
HEADER = struct.Struct("<3scI")
LONGER_HEADERS = {ua.MessageType.SecureOpen, ua.MessageType.SecureMessage, ua.MessageType.SecureClose}


def make_client(url: str, timeout_seconds: float) -> Client:
    """Return a client of asyncua with bounds; nothing is connected yet."""
    client = Client(url, timeout=timeout_seconds)
    client.uaclient = BoundedClient(timeout_seconds)
    return client


class BoundedClient(UaClient):  # type: ignore[misc]  # asyncua is not type-checked: see pyproject
    """asyncua's client, whose connections have bounds."""

    async def connect_socket(self, host: str, port: int) -> None:
        """Connect; asyncua's own way loses a cancellation that comes together with the connection."""
        self._set_state(UaClientState.CONNECTING)
        try:
            async with asyncio.timeout(self._timeout):
                await asyncio.get_running_loop().create_connection(self._make_protocol, host, port)
        except BaseException:
            self._set_state(UaClientState.DISCONNECTED)
            raise
        self._set_state(UaClientState.SOCKET_OPEN)

    def _make_protocol(self) -> UASocketProtocol:
        self.protocol = BoundedProtocol(self._timeout, self.security_policy)
        self.protocol.on_connection_lost = self._on_transport_lost
        self.protocol.is_session_closing = self._is_session_closing
        return self.protocol


class BoundedProtocol(UASocketProtocol):  # type: ignore[misc]  # as above
    """Hands whole chunks on, and hangs up on a server whose chunks cannot be right."""

    def __init__(self, timeout_seconds: float, security_policy: Any) -> None:
        super().__init__(timeout_seconds, security_policy)
        self._connection = BoundedConnection(security_policy, ReceiveLimits())
        self._come = bytearray()

    async def send_hello(self, url: str, *_: int) -> ua.Acknowledge:
        """Tell the server what is taken of it; asyncua's own would promise two gigabytes at a time."""
        hello = ua.Hello(
            ReceiveBufferSize=USUAL_CHUNK,
            SendBufferSize=USUAL_CHUNK,
            MaxMessageSize=LARGEST_MESSAGE,
            MaxChunkCount=MOST_CHUNKS,
            EndpointUrl=url,
        )
        acknowledged = self._callbackmap[0] = asyncio.get_running_loop().create_future()
        if self.transport is not None:
            self.transport.write(uatcp_to_binary(ua.MessageType.Hello, hello))
        async with asyncio.timeout(self.timeout):
            return await acknowledged

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        self._come += data
        while self.transport is not None and not self.transport.is_closing():
            size = _size_of_first(self._come)
            if not HEADER.size <= size <= LARGEST_CHUNK:
                self._refuse(f"the server sends a chunk of {size} bytes")
            elif len(self._come) < size:
                return
            else:
                chunk = bytes(self._come[:size])
                del self._come[:size]
                super().data_received(chunk)
        self._come.clear()

    def _refuse(self, why: str) -> None:
        self._fail_all_pending(ConnectionError(why))
        self.disconnect_socket()


def _size_of_first(come: bytearray) -> int:
    """Size of the chunk that is coming, 0 if it has not even room for its header."""
    if len(come) < HEADER.size:
        return HEADER.size
    kind, _, size = HEADER.unpack_from(come)
    shortest = HEADER.size + 4 if kind in LONGER_HEADERS else HEADER.size
    return int(size) if size >= shortest else 0


class BoundedConnection(SecureConnection):  # type: ignore[misc]  # as above
    """Chunks become messages that are read within bounds."""

    def _receive(self, chunk: MessageChunk) -> ua.Message | None:
        message = super()._receive(chunk)
        return None if message is None else BoundedMessage(message._chunks)  # noqa: SLF001  # asyncua's own


class BoundedMessage(ua.Message):  # type: ignore[misc]  # as above
    """A message from a server."""

    def body(self) -> BoundedBuffer:
        """Return what it says."""
        return BoundedBuffer(b"".join(chunk.Body for chunk in self._chunks))


class ReceiveLimits(TransportLimits):  # type: ignore[misc]  # as above
    """What is taken stays what it is, whatever the server acknowledges."""

    def __init__(self) -> None:
        super().__init__(LARGEST_CHUNK, USUAL_CHUNK, MOST_CHUNKS, LARGEST_MESSAGE)

    def update_client_limits(self, acknowledged: ua.Acknowledge) -> None:
        """Send no larger chunks than the server can receive."""
        self.max_send_buffer = min(USUAL_CHUNK, acknowledged.ReceiveBufferSize or USUAL_CHUNK)
