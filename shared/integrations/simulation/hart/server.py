"""The plant's HART devices on real HART-IP: UDP and TCP on one port, sessions, and faults by name."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import structlog

from integrations.simulation.errors import ServerAddressError, SimulationError

from .clients import TcpClient, UdpClients
from .device import HartInstrument
from .faults import OF_SERVER, HartFault
from .gateway import HartGateway
from .session import HartSession

log = structlog.get_logger(__name__)

MOST_PORT_TRIES = 16


class HartPlantServer:
    """One HART-IP address with one or several devices behind it; `port` is known once entered.

    Devices show the values of the last `refresh`; those that burst publish then. At most `session_limit`
    clients have a session at a time, others are refused with status 15.

    Raises:
        SimulationError: two devices share a polling address or a tag.
        ServerAddressError: on entering, when host and port can't be listened on.
    """

    def __init__(
        self,
        devices: Sequence[HartInstrument],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        session_limit: int = 8,
    ) -> None:
        self.host = host
        self.port = port
        self._gateway = HartGateway(devices)
        self._session_limit = session_limit
        self._sessions: set[HartSession] = set()
        self._connections: set[TcpClient] = set()
        self._tcp: asyncio.Server | None = None
        self._udp: UdpClients | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def sessions(self) -> int:
        """Sessions that are open."""
        return len(self._sessions)

    async def start(self) -> None:
        """Listen; errors as the class."""
        self._gateway.refresh()
        try:
            self._tcp, self._udp = await self._listen()
        except OSError as error:
            raise ServerAddressError(f"can't listen on {self.host}:{self.port}: {error.strerror}") from error
        self.port = self._tcp.sockets[0].getsockname()[1]
        log.info("simulated HART devices listen", host=self.host, port=self.port)

    async def stop(self) -> None:
        """Hang up and stop listening."""
        tcp, udp, self._tcp, self._udp = self._tcp, self._udp, None, None
        if tcp is None or udp is None:
            return
        tcp.close()
        connections = tuple(self._connections)
        self._drop_sessions()
        for connection in connections:
            connection.abort()
            await connection.gone.wait()
        udp.close()
        await udp.gone.wait()
        await tcp.wait_closed()

    def refresh(self) -> None:
        """Take over present values and conditions, and publish; errors as HartMemory.refresh."""
        self._gateway.refresh()
        if self._gateway.restarting:
            self._drop_sessions()
        for session in tuple(self._sessions):
            session.publish()

    async def fault(
        self, fault: HartFault | str, tag: str = "", seconds: float = 1.0, times: int | None = None
    ) -> None:
        """Break the device with this tag, or the server; `seconds` is for late answers and restarts.

        With `times` a device's fault is over after so many requests.

        Raises:
            UnknownPointError: there is no such tag.
            SimulationError: a tag for a fault of the server.
        """
        kind = HartFault(fault)
        if kind not in OF_SERVER:
            self._gateway.break_device(kind, tag, seconds, times)
            return
        if tag:
            raise SimulationError(
                f"tag must be left out for {kind.value}, which is the server's, got {tag!r}"
            )
        if kind is HartFault.DROP_SESSION:
            self._drop_sessions()
            return
        await self.stop()
        await asyncio.sleep(seconds)
        await self.start()

    def heal(self, tag: str) -> None:
        """End the fault of a device; errors as `fault`."""
        self._gateway.heal(tag)

    def _take_place(self, session: HartSession) -> bool:
        if len(self._sessions) >= self._session_limit or self._gateway.restarting:
            return False
        self._sessions.add(session)
        return True

    def _new_session(self, send: Callable[[bytes], None], hang_up: Callable[[], None]) -> HartSession:
        def ended(session: HartSession) -> None:
            self._sessions.discard(session)
            hang_up()

        return HartSession(self._gateway, send, self._take_place, ended)

    def _drop_sessions(self) -> None:
        for session in tuple(self._sessions):
            session.end()

    def _tcp_client(self) -> TcpClient:
        return TcpClient(self._new_session, self._connections)

    def _udp_clients(self) -> UdpClients:
        return UdpClients(self._new_session)

    async def _listen(self) -> tuple[asyncio.Server, UdpClients]:
        """Listen on TCP and UDP alike; a free port of the one may be taken of the other."""
        loop = asyncio.get_running_loop()
        for attempt in range(MOST_PORT_TRIES):
            tcp = await loop.create_server(self._tcp_client, self.host, self.port)
            local = self.host, tcp.sockets[0].getsockname()[1]
            try:
                _, udp = await loop.create_datagram_endpoint(self._udp_clients, local)
            except OSError:
                tcp.close()
                await tcp.wait_closed()
                if self.port or attempt == MOST_PORT_TRIES - 1:
                    raise
            else:
                return tcp, udp
        raise AssertionError("the last attempt returns or raises")
