"""The plant's SCADA on real OPC UA: every security policy in use, users, history, and faults by name."""

import asyncio
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from asyncua import Node, Server, ua
from asyncua.crypto.permission_rules import User, UserRole

from integrations.messages.status import Status
from integrations.protocols.opcua.endpoint import OpcUaEndpoint
from integrations.protocols.opcua.own_certificate import own_key_pair
from integrations.resilience import ended
from integrations.simulation.errors import ServerAddressError, UnknownPointError
from integrations.simulation.instruments import Instruments

from .tags import OPCUA_TAGS, OpcUaTag

log = structlog.get_logger(__name__)

NAMESPACE = "urn:gl003:simulated-plant"
APPLICATION_URI = "urn:gl003:simulated-plant:server"
HISTORY_VALUES = 10_000
POLICIES = [
    ua.SecurityPolicyType.NoSecurity,
    ua.SecurityPolicyType.Basic256Sha256_Sign,
    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
]


class OpcUaFault(StrEnum):
    """What can go wrong with a tag, or with the server (restart)."""

    BAD_STATUS = "bad_status"
    NODE_GONE = "node_gone"
    TYPE_CHANGE = "type_change"
    RESTART = "restart"


class _Users:
    """Who may log in: anonymous, and the users that there are."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = dict(users)

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> User | None:
        """Return the user, None to refuse; asyncua's interface."""
        del iserver, certificate
        if username is not None and self._users.get(username) != password:
            return None
        return User(role=UserRole.User, name=username)


class OpcUaPlantServer:
    """The tags of `opcua_tags` below Objects/Plant; `port` is known once entered, 0 takes a free one.

    Tags show the plant as of the last `refresh`, and every refresh goes into their history. What is written
    to a tag stays, through restarts too; the plant itself does not follow it. `pki_folder` keeps the server's
    certificate from start to start; without one it is made anew.

    Raises:
        ServerAddressError: on entering, when host and port cannot be listened on.
    """

    def __init__(
        self,
        instruments: Instruments,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        users: Mapping[str, str] | None = None,
        pki_folder: str = "",
    ) -> None:
        self.host = host
        self.port = port
        self._instruments = instruments
        self._users = users or {}
        self._scratch = None if pki_folder else tempfile.TemporaryDirectory(prefix="gl003-opcua-")
        self._pki_folder = pki_folder or (self._scratch.name if self._scratch else "")
        self._server: Server | None = None
        self._nodes: dict[str, list[Node]] = {}
        self._faulty: dict[str, OpcUaFault] = {}
        self._written: dict[str, float | bool] = {}
        self._wanted = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Endpoint URL."""
        return f"opc.tcp://{self.host}:{self.port}/plant"

    @property
    def certificate_file(self) -> Path:
        """The server's certificate, for trust lists."""
        return self._as_endpoint().own_certificate

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            self._clean_up()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        self._clean_up()

    def refresh(self) -> None:
        """Let the tags show the plant as it is now."""
        self._wanted.set()

    async def start(self) -> None:
        """Listen; errors as the class."""
        pair = await asyncio.to_thread(own_key_pair, self._as_endpoint())
        server = Server(user_manager=_Users(self._users))
        await server.init()
        self.port = self.port or await _free_port(self.host)
        server.set_endpoint(self.url)
        server.set_server_name("GL-003 simulated plant")
        await server.set_application_uri(APPLICATION_URI)
        server.set_security_policy(POLICIES)
        server.set_identity_tokens(
            [ua.AnonymousIdentityToken, ua.UserNameIdentityToken, ua.X509IdentityToken]
        )
        await server.load_certificate(pair.certificate_der, "der")
        await server.load_private_key(pair.key_pem, format="pem")
        index = await server.register_namespace(NAMESPACE)
        plant = await server.nodes.objects.add_object(ua.NodeId("Plant", index), f"{index}:Plant")
        for tag in OPCUA_TAGS:
            self._nodes[tag.name] = await self._add(plant, index, tag)
        self._faulty = {tag: kind for tag, kind in self._faulty.items() if kind is not OpcUaFault.NODE_GONE}
        try:
            await server.start()
        except OSError as error:
            raise ServerAddressError(f"can't listen on {self.host}:{self.port}: {error.strerror}") from error
        for nodes in self._nodes.values():
            await server.historize_node_data_change(nodes[0], None, HISTORY_VALUES)
        self._server = server
        self._writing = asyncio.get_running_loop().create_task(self._write(), name="simulated opc ua tags")
        log.info("simulated scada listens", url=self.url, tags=len(OPCUA_TAGS))

    async def stop(self) -> None:
        """Close every connection and listen no more."""
        writing, self._writing = self._writing, None
        if writing:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        server, self._server = self._server, None
        if server:
            await stop_at_once(server)

    async def fault(self, fault: OpcUaFault | str, tag: str = "", seconds: float = 1.0) -> None:
        """Break `tag`, or restart the whole server after `seconds` of absence.

        Raises:
            UnknownPointError: there is no such tag.
        """
        kind = OpcUaFault(fault)
        if kind is OpcUaFault.RESTART:
            await self.stop()
            await asyncio.sleep(seconds)
            await self.start()
            return
        if tag not in self._nodes:
            raise UnknownPointError(f"tag must be one of {', '.join(self._nodes)}, got {tag!r}")
        self._faulty[tag] = kind
        if kind is OpcUaFault.NODE_GONE and self._server:
            await self._server.delete_nodes(self._nodes[tag])
        self.refresh()

    def heal(self, tag: str) -> None:
        """End a fault of a tag; a node that is gone comes back with a restart."""
        self._faulty.pop(tag, None)
        self.refresh()

    def _clean_up(self) -> None:
        if self._scratch:
            self._scratch.cleanup()

    def _as_endpoint(self) -> OpcUaEndpoint:
        return OpcUaEndpoint(
            url=f"opc.tcp://{self.host}:{self.port or 4840}",
            pki_folder=self._pki_folder,
            application_uri=APPLICATION_URI,
            application_name="GL-003 simulated plant",
        )

    async def _add(self, plant: Node, index: int, tag: OpcUaTag) -> list[Node]:
        """Add the tag under its name, and once more under its number."""
        start = self._written.get(tag.name, tag.read(self._instruments))
        kind = _kind(start)
        nodes = []
        for identifier, name in ((tag.name, tag.name), (tag.number, f"{tag.name}.BY_NUMBER")):
            node = await plant.add_variable(ua.NodeId(identifier, index), f"{index}:{name}", start, kind)
            await node.write_attribute(
                ua.AttributeIds.Description, ua.DataValue(ua.LocalizedText(tag.description))
            )
            unit = ua.EUInformation(NAMESPACE, -1, ua.LocalizedText(tag.unit), ua.LocalizedText(tag.unit))
            await node.add_property(0, "EngineeringUnits", unit)
            await node.add_property(0, "EURange", ua.Range(tag.low, tag.high))
            nodes.append(node)
        if tag.writable:
            await nodes[0].set_writable()
        return nodes

    async def _write(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            now = datetime.now(UTC)
            for tag in OPCUA_TAGS:
                if self._server and self._faulty.get(tag.name) is not OpcUaFault.NODE_GONE:
                    await self._show(self._server, tag, now)

    async def _show(self, server: Server, tag: OpcUaTag, now: datetime) -> None:
        # Nothing waits between the look at what was written and the write: no client's write is lost.
        value, fault = self._value(server, tag), self._faulty.get(tag.name)
        variant = ua.Variant(value, _kind(value))
        if fault is OpcUaFault.TYPE_CHANGE:
            variant = ua.Variant(f"{value:g}", ua.VariantType.String)
        status = Status.BAD_SENSOR_FAILURE if fault is OpcUaFault.BAD_STATUS else Status.GOOD
        data = ua.DataValue(variant, ua.StatusCode(int(status)), now, now)
        for node in self._nodes[tag.name]:
            _let_be(server, node, variant.VariantType)
            await server.write_attribute_value(node.nodeid, data)

    def _value(self, server: Server, tag: OpcUaTag) -> float | bool:
        """What the plant shows, or what a client has written."""
        start = tag.read(self._instruments)
        if tag.writable:
            shown = server.iserver.aspace.read_attribute_value(
                self._nodes[tag.name][0].nodeid, ua.AttributeIds.Value
            )
            if shown.StatusCode.is_good() and shown.Value.VariantType is _kind(start):
                self._written[tag.name] = shown.Value.Value
        return self._written.get(tag.name, start)


async def stop_at_once(server: Server) -> None:
    """Stop a server: asyncua would wait until the task that shows its time has slept its second."""
    clock, server.iserver.time_task = server.iserver.time_task, None
    await ended(clock)
    await server.stop()


def _let_be(server: Server, node: Node, kind: ua.VariantType) -> None:
    """Give a node another type, if it has not this one: asyncua refuses every write of another type."""
    attributes = server.iserver.aspace[node.nodeid].attributes
    of_type = ua.NodeId(kind.value)
    if attributes[ua.AttributeIds.DataType].value.Value.Value != of_type:
        attributes[ua.AttributeIds.DataType].value = ua.DataValue(ua.Variant(of_type))
        attributes[ua.AttributeIds.Value].value = None


def _kind(value: float | bool) -> ua.VariantType:
    return ua.VariantType.Boolean if isinstance(value, bool) else ua.VariantType.Double


async def _free_port(host: str) -> int:
    """A port that is free at the moment: asyncua must know its port before it listens."""
    probe = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, 0)
    port: int = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    return port
