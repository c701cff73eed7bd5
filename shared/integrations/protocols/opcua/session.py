"""A session with a server that comes back by itself: reads, writes, subscriptions, history, browsing."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import structlog

from integrations.messages.status import is_bad
from integrations.resilience import Backoff, ended

from .backfill import backfill
from .browsing import OBJECTS, BrowsedTag, browse_tags
from .connection import Connection
from .conversion import converting
from .endpoint import OpcUaEndpoint
from .errors import HistoryUnavailableError, NotConnectedError, OpcUaError
from .events import EventKind, Events, SessionEvent, TypeWatch
from .history import read_history
from .limits import Limits
from .monitoring import ChangeBatch, MonitoredTag, SubscriptionSettings
from .namespaces import Namespaces
from .reading import read_values
from .status_names import status_name
from .subscription import OpcUaSubscription
from .values import OpcUaValue
from .writing import write_value

logger = structlog.get_logger(__name__)

RECONNECT = Backoff(0.25, 2.0, 3.0, jitter=True)
"""Full jitter; a server that is back is found within seconds."""
TEND_SECONDS = 20.0
"""How often nodes that were refused are asked for again."""
MOST_HISTORY = 100_000


class SessionState(StrEnum):
    """How a session stands with its server."""

    CLOSED = "closed"
    OPEN = "open"
    RECONNECTING = "reconnecting"


class OpcUaSession:
    """One session with one server, from `open` to `close`, in between through any number of connections.

    A lost connection is made anew, with all subscriptions and their items; until then calls raise
    NotConnectedError at once. Nodes are named by NodeIds or browse paths, see `parse_node`. `on_event` is
    called in the event loop.
    """

    def __init__(
        self,
        endpoint: OpcUaEndpoint,
        *,
        on_event: Callable[[SessionEvent], None] | None = None,
        backoff: Backoff = RECONNECT,
        now_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.state = SessionState.CLOSED
        self.subscriptions: tuple[OpcUaSubscription, ...] = ()
        self.last_error: OpcUaError | None = None
        """Why the session is reconnecting, or was not opened."""
        self._events = Events(endpoint.address, on_event)
        self._types = TypeWatch(self._events)
        self._limits = Limits()
        self._namespaces = Namespaces()
        self._backoff = backoff
        self._now_ns = now_ns
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311  # spreads reconnects, guards nothing
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect and log in; an open session is left as it is.

        Raises:
            OpcUaError: the server cannot be reached or refuses, for the reason it names.
        """
        async with self._turn:
            if self._life is not None:
                return
            try:
                self._connection = await Connection.open(self.endpoint, self._limits, self._namespaces)
            except OpcUaError as error:
                self.last_error = error
                raise
            self.last_error, self.state = None, SessionState.OPEN
            self._events.tell(EventKind.CONNECTED)
            self._life = asyncio.get_running_loop().create_task(self._live(), name=f"opcua {self.endpoint}")

    async def close(self) -> None:
        """End subscriptions and session; a closed session is left as it is."""
        async with self._turn:
            life, self._life = self._life, None
            await ended(life)
            connection, self._connection = self._connection, None
            self.state, self.subscriptions = SessionState.CLOSED, ()
            if connection is not None:
                await connection.close()

    async def read(self, nodes: Sequence[str]) -> list[OpcUaValue]:
        """Read a value for each node, in order; what cannot be read has a Bad status.

        Raises:
            NodeTextError: a text names no node.
            OpcUaError: nothing could be read.
        """
        with converting(self.endpoint.address, "read"):
            values = await read_values(self._connected(), nodes)
        for value in values:
            self._types.look(value.node, value.data_type)
        return values

    async def write(self, node: str, value: Any) -> None:
        """Write a value in the node's own type; errors as `write_value`."""
        with converting(self.endpoint.address, f"write {node}"):
            await write_value(self._connected(), node, value)

    async def subscribe(
        self,
        tags: Sequence[MonitoredTag | str],
        on_changes: Callable[[ChangeBatch], None],
        settings: SubscriptionSettings | None = None,
    ) -> OpcUaSubscription:
        """Have changes of tags handed to `on_changes` until the session is closed, through reconnects.

        Raises:
            ConfigurationError: a text names no node.
            OpcUaError: the server gives no subscription, or is not there. Single nodes never raise.
        """
        subscription = OpcUaSubscription(
            [tag if isinstance(tag, MonitoredTag) else MonitoredTag(tag) for tag in tags],
            on_changes,
            settings or SubscriptionSettings(),
            events=self._events,
            types=self._types,
            keep_alive_seconds=self.endpoint.keep_alive_seconds,
        )
        with converting(self.endpoint.address, "subscribe"):
            await subscription.attach(self._connected())
        self.subscriptions = (*self.subscriptions, subscription)
        return subscription

    async def unsubscribe(self, subscription: OpcUaSubscription) -> None:
        """End a subscription."""
        self.subscriptions = tuple(kept for kept in self.subscriptions if kept is not subscription)
        await subscription.detach()

    async def browse(self, root: str = OBJECTS, *, depth: int = 10, most: int = 100_000) -> list[BrowsedTag]:
        """Return the variables below a node; errors as `browse_tags`."""
        with converting(self.endpoint.address, "browse"):
            return await browse_tags(self._connected(), root, depth=depth, most=most)

    async def history(
        self, node: str, start_ns: int, end_ns: int, *, most: int = MOST_HISTORY
    ) -> list[OpcUaValue]:
        """Return what the server recorded from `start_ns` until before `end_ns` (UTC), in order of time.

        Raises:
            HistoryUnavailableError: the server keeps or gives no history of the node.
            OpcUaError: as `read_history`.
        """
        with converting(self.endpoint.address, "read history"):
            (history,) = await read_history(self._connected(), [node], start_ns, end_ns, most)
        if is_bad(history.status):
            raise HistoryUnavailableError(
                f"no history ({status_name(history.status)})",
                server=self.endpoint.address,
                node=node,
                code=history.status,
            )
        return history.values

    def _connected(self) -> Connection:
        connection = self._connection
        if connection is None or self.state is not SessionState.OPEN or connection.lost.is_set():
            why = f": {self.last_error.what}" if self.last_error else ""
            raise NotConnectedError(f"the session is {self.state.value}{why}", server=self.endpoint.address)
        return connection

    async def _live(self) -> None:
        """Keep the session from one connection to the next."""
        while self._connection is not None:
            lost = await self._until_lost(self._connection)
            self.last_error, self.state = lost, SessionState.RECONNECTING
            since_ns = self._now_ns()
            self._events.tell(EventKind.DISCONNECTED, detail=lost.what)
            await self._connection.close()
            self._connection = await self._reconnect()
            self.last_error, self.state = None, SessionState.OPEN
            if moved := self._namespaces.moved():
                self._events.tell(EventKind.NAMESPACES_MOVED, detail=moved)
            seconds = (self._now_ns() - since_ns) / 1e9
            self._events.tell(EventKind.RECONNECTED, detail=f"after {seconds:.1f} s")

    async def _until_lost(self, connection: Connection) -> OpcUaError:
        tending = asyncio.get_running_loop().create_task(self._tend(connection), name="opcua tend")
        try:
            return await connection.watch()
        finally:
            await ended(tending)

    async def _reconnect(self) -> Connection:
        attempt = 0
        while True:
            await self._sleep(self._backoff.delay(attempt, self._rng))
            attempt += 1
            try:
                return await self._connect_again()
            except OpcUaError as error:
                if self.last_error is None or str(self.last_error) != str(error):
                    self._events.tell(EventKind.RECONNECT_FAILED, detail=error.what)
                self.last_error = error

    async def _connect_again(self) -> Connection:
        connection = await Connection.open(self.endpoint, self._limits, self._namespaces)
        try:
            with converting(self.endpoint.address, "take subscriptions up again"):
                for subscription in self.subscriptions:
                    await subscription.attach(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _tend(self, connection: Connection) -> None:
        """Fill the gaps of an outage, then look after nodes that are not monitored."""
        try:
            with converting(self.endpoint.address, "look after subscriptions"):
                while True:
                    for subscription in self.subscriptions:
                        await backfill(connection, subscription, self._events)
                    await asyncio.sleep(TEND_SECONDS)
                    await connection.learn_namespaces()
                    for subscription in self.subscriptions:
                        await subscription.tend()
        except OpcUaError as error:
            logger.debug("opc ua tending ended", server=self.endpoint.address, reason=error.what)
