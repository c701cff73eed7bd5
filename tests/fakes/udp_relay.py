"""What stands between a connector and a real HART-IP server over UDP; `fakes.relay` over TCP."""

import asyncio
import socket
from contextlib import suppress
from typing import Self

from integrations.protocols.hart import MessageId

Address = tuple[str, int]
ID_AT = 2
"""Where a HART-IP message says what it is."""


class UdpRelay(asyncio.DatagramProtocol):
    """Passes datagrams on to a server on 127.0.0.1; `port` is a free one.

    While it is `silent` answers are held back: they come late, or never. A client is `open` until it asks to
    close its session, since UDP itself says no goodbye.
    """

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.connections = 0
        """Clients there have been."""
        self._server_port = server_port
        self._silent = False
        self._held: list[tuple[bytes, Address]] = []
        self._listening: asyncio.DatagramTransport | None = None
        self._clients: dict[Address, socket.socket] = {}
        self._leaving: set[Address] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @property
    def silent(self) -> bool:
        """Whether answers are held back."""
        return self._silent

    @silent.setter
    def silent(self, wanted: bool) -> None:
        self._silent = wanted
        held, self._held = self._held, []
        for data, client in held:
            self._answer(data, client)

    @property
    def open(self) -> int:
        """Clients there are."""
        return len(self._clients.keys() - self._leaving)

    async def start(self) -> None:
        """Listen: the first time on a free port, then on that one again."""
        self._listening, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port)
        )
        self.port = self._listening.get_extra_info("sockname")[1]

    async def stop(self) -> None:
        """Forget everybody and listen no more."""
        listening, self._listening = self._listening, None
        clients, self._clients = self._clients, {}
        self._held.clear()
        for to_server in clients.values():
            asyncio.get_running_loop().remove_reader(to_server)
            to_server.close()
        if listening:
            listening.close()
        await asyncio.sleep(0)  # the socket is closed one turn later

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Pass a request on."""
        if addr not in self._clients:
            self.connections += 1
            self._clients[addr] = self._way_to_server(addr)
        if data[ID_AT] == MessageId.SESSION_CLOSE:
            self._leaving.add(addr)
        self._clients[addr].send(data)

    def _way_to_server(self, client: Address) -> socket.socket:
        to_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        to_server.setblocking(False)
        to_server.connect(("127.0.0.1", self._server_port))
        asyncio.get_running_loop().add_reader(to_server, self._pass_back, to_server, client)
        return to_server

    def _pass_back(self, to_server: socket.socket, client: Address) -> None:
        with suppress(OSError):  # nothing there, or nobody
            self._answer(to_server.recv(65536), client)

    def _answer(self, data: bytes, client: Address) -> None:
        if self._silent:
            self._held.append((data, client))
        elif self._listening and client in self._clients:
            self._listening.sendto(data, client)
