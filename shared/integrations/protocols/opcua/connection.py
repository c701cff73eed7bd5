"""One life of a session: from activated to lost or closed."""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from asyncua import Client, ua
from asyncua.client.ua_client import UaClientState

from .conversion import converting
from .endpoint import OpcUaEndpoint
from .errors import OpcUaError, OpcUaTimeoutError, ServerLostError
from .limits import Limits, Operation
from .namespaces import Namespaces
from .opening import hang_up, open_client
from .peer import Peer
from .publishing import Publisher

logger = structlog.get_logger(__name__)

RENEW_AFTER = 0.75
"""Share of a security token's lifetime after which it is renewed (Part 4 §5.5.2.1)."""
CLOSING_SECONDS = 2.0


class Connection(Peer):
    """An activated session, with what was learnt of its server and the publisher of its subscriptions."""

    def __init__(
        self,
        client: Client,
        endpoint: OpcUaEndpoint,
        limits: Limits,
        namespaces: Namespaces,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(client.uaclient.session, endpoint.address)
        self.client = client
        self.limits = limits
        self.namespaces = namespaces
        self.nodes: dict[str, ua.NodeId] = {}
        """NodeIds found for the texts that name them."""
        self.publisher = Publisher(self)
        self._endpoint = endpoint
        self._clock = clock

    @classmethod
    async def open(cls, endpoint: OpcUaEndpoint, limits: Limits, namespaces: Namespaces) -> "Connection":
        """Connect, log in, and learn namespaces and limits; errors as `open_client`."""
        with converting(endpoint.address, "make sense of the server"):
            client = await open_client(endpoint)
            connection = cls(client, endpoint, limits, namespaces)
            try:
                await connection._learn()
            except BaseException:
                await hang_up(client)
                raise
            return connection

    async def read(
        self, nodes: Sequence[ua.NodeId], attribute: ua.AttributeIds = ua.AttributeIds.Value
    ) -> list[ua.DataValue]:
        """Read an attribute of many nodes, as many at a time as the server takes."""

        async def call(chunk: Sequence[ua.NodeId]) -> list[ua.DataValue]:
            wanted = [ua.ReadValueId(NodeId=node, AttributeId=attribute) for node in chunk]
            parameters = ua.ReadParameters(
                MaxAge=0, TimestampsToReturn=ua.TimestampsToReturn.Both, NodesToRead=wanted
            )
            answer: list[ua.DataValue] = await self.ask("read", self.services.read(parameters))
            return answer

        return await self.limits.batched(Operation.READ, nodes, call, self.server)

    async def learn_namespaces(self) -> None:
        """Ask for the namespaces: a server that has just started may load some of them late."""
        (array,) = await self.read([ua.NodeId(ua.ObjectIds.Server_NamespaceArray)])
        uris = array.Value.Value if array.Value is not None else None
        if isinstance(uris, list):
            self.namespaces.learn(tuple(uri if isinstance(uri, str) else "" for uri in uris))

    async def watch(self) -> OpcUaError:
        """Ask the server again and again whether it is there, renew the channel; return why it was lost."""
        async with self.client.subscribe_state() as states:
            gone = asyncio.ensure_future(states.wait_for_state(UaClientState.DISCONNECTED))
            waiting = asyncio.ensure_future(self.lost.wait())
            try:
                while not self.lost.is_set():
                    await asyncio.wait(
                        {gone, waiting},
                        timeout=self._endpoint.keep_alive_seconds,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                    if gone.done():
                        self.lose(ServerLostError("the server closed the connection", server=self.server))
                    elif not waiting.done():
                        await self._keep_alive()
            finally:
                for task in (gone, waiting):
                    task.cancel()
                await asyncio.gather(gone, waiting, return_exceptions=True)
        return self.reason or ServerLostError("connection lost", server=self.server)

    async def close(self) -> None:
        """Close subscriptions, session, channel and socket; a server that is gone is not waited for."""
        await self.publisher.close()
        if not self.lost.is_set():
            try:
                async with asyncio.timeout(CLOSING_SECONDS):
                    with converting(self.server, "close the session"):
                        await self.client.uaclient.close_session(delete_subscriptions=True)
                        await self.client.close_secure_channel()
            except (OpcUaError, TimeoutError) as error:
                logger.debug("opc ua session not closed properly", server=self.server, reason=str(error))
        await hang_up(self.client)

    async def _learn(self) -> None:
        self._renew_at = self._renewal_time()
        first = ua.NodeId(Operation.READ.value)
        (limit,) = await self.read([first])
        self.limits.say(Operation.READ, _count(limit))
        await self.learn_namespaces()
        others = [operation for operation in Operation if operation is not Operation.READ]
        said = await self.read([ua.NodeId(operation.value) for operation in others])
        for operation, value in zip(others, said, strict=True):
            self.limits.say(operation, _count(value))

    async def _keep_alive(self) -> None:
        try:
            with converting(self.server, "keep the session alive"):
                if self._clock() >= self._renew_at:
                    await self._renew()
                state = await self.read([ua.NodeId(ua.ObjectIds.Server_ServerStatus_State)])
                self.publisher.check(self._clock())
        except OpcUaTimeoutError:
            silent = f"the server did not answer a keep-alive within {self._endpoint.timeout_seconds:g} s"
            self.lose(OpcUaTimeoutError(silent, server=self.server))
        except OpcUaError as error:
            self.lose(error)
        else:
            self._look_at(state[0])

    def _look_at(self, state: ua.DataValue) -> None:
        """A server that is shutting down, or has failed, says so before its connections end."""
        value = state.Value.Value if state.Value is not None else None
        if value in (ua.ServerState.Shutdown, ua.ServerState.Failed):
            logger.warning("opc ua server is leaving", server=self.server, state=ua.ServerState(value).name)

    async def _renew(self) -> None:
        await self.ask("renew the secure channel", self.client.open_secure_channel(renew=True))
        self.client.uaclient.revolve_security_token()
        self._renew_at = self._renewal_time()

    def _renewal_time(self) -> float:
        return self._clock() + RENEW_AFTER * float(self.client.secure_channel_timeout) / 1000


def _count(value: ua.DataValue) -> int:
    number = value.Value.Value if value.Value is not None else None
    good = value.StatusCode is None or value.StatusCode.is_good()
    return number if good and isinstance(number, int) and number > 0 else 0
