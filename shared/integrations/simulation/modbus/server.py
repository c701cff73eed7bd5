"""Simulated devices on real Modbus TCP.

Written on asyncio and not on pymodbus's server: that one answers only the last of several requests that
come in one segment, knows neither silent nor slow units, and answers from tasks that nobody owns.
"""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import structlog

from integrations.simulation.errors import ServerAddressError

from .connection import Connection
from .frames import Answer, Request
from .memory import exception
from .unit import ServedUnit
from .units import Units

log = structlog.get_logger(__name__)

GATEWAY_TARGET_FAILED = 11


class PlantServer:
    """One Modbus TCP address with one or several units behind it; `port` is known once entered.

    One unit is a device of its own, several are a gateway's. A unit that isn't there is answered for:
    exception 11.

    Raises:
        SimulationError: two units share an address.
        ServerAddressError: on entering, when host and port can't be listened on.
    """

    def __init__(self, units: Sequence[ServedUnit], host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self._units = Units(units)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self.refresh()
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self._answer, self._opened, self._connections.discard),
                self.host,
                self.port,
            )
        except OSError as error:
            raise ServerAddressError(f"can't listen on {self.host}:{self.port}: {error.strerror}") from error
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("simulated devices listen", host=self.host, port=self.port, units=self._units.ids)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            connections = tuple(self._connections)
            self._drop_connections()
            for connection in connections:
                await connection.gone()
            await self._server.wait_closed()

    @property
    def restarting(self) -> bool:
        """Whether this is a single device that is off for now; it then drops every connection."""
        conditions = self._units.conditions
        return len(conditions) == 1 and conditions[0].restarting

    def refresh(self) -> None:
        """Let the units show their present values; errors as Memory.write."""
        self._units.refresh()
        if self.restarting:
            self._drop_connections()

    def _drop_connections(self) -> None:
        for connection in tuple(self._connections):
            connection.abort()

    def _opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self.restarting:
            connection.abort()

    def _answer(self, request: Request) -> Answer | None:
        if request.unit_id not in self._units:
            return Answer(exception(request.pdu[0], GATEWAY_TARGET_FAILED))
        return self._units.answer(request)
