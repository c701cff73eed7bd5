"""OPC UA: nodes as configurations write them, and what servers send, chunk by chunk and answer by answer."""

import tomllib
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from asyncua import ua
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.ua.ua_binary import header_to_binary, struct_to_binary, uatcp_to_binary

from fuzz.target import Target
from integrations.protocols.opcua import OpcUaEndpoint, OpcUaError
from integrations.protocols.opcua.bounded import BoundedBuffer
from integrations.protocols.opcua.browsing import browse_tags
from integrations.protocols.opcua.client import MonitoredTag, SubscriptionSettings, tags_as_toml
from integrations.protocols.opcua.connection import Connection
from integrations.protocols.opcua.conversion import converting
from integrations.protocols.opcua.discovery import choose, session_url
from integrations.protocols.opcua.events import Events, TypeWatch
from integrations.protocols.opcua.history import read_history
from integrations.protocols.opcua.limits import Limits
from integrations.protocols.opcua.namespaces import Namespaces
from integrations.protocols.opcua.node_text import NodeSyntaxError, parse_node
from integrations.protocols.opcua.offers import _offer
from integrations.protocols.opcua.opening import Services
from integrations.protocols.opcua.reading import read_values
from integrations.protocols.opcua.subscription import OpcUaSubscription
from integrations.protocols.opcua.wire import BoundedProtocol
from integrations.protocols.opcua.writing import write_value

from .wire import conversation, pieces_of, run

ENDPOINT = OpcUaEndpoint(host="nowhere")
BETWEEN = b"\xfe\xdc\xba"
"""Stands between two answers of a server."""
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FAR_NS = 2**62


def _node(data: bytes) -> object:
    return parse_node(data.decode(errors="replace"))


class _Answers:
    """Takes the place of asyncua's transport: each request has the next answer."""

    def __init__(self, bodies: Iterator[bytes]) -> None:
        self._bodies = bodies

    async def _send_request(self, *_: object) -> BoundedBuffer:
        try:
            return BoundedBuffer(next(self._bodies))
        except StopIteration:
            raise ConnectionError("the server has no more to say") from None


def _connection(bodies: Iterator[bytes]) -> Connection:
    services = Services(_Answers(bodies))
    services.create_subscription = services.create_monitored_items = None
    client: Any = SimpleNamespace(
        uaclient=SimpleNamespace(session=services), secure_channel_timeout=3_600_000
    )
    return Connection(client, ENDPOINT, Limits(), Namespaces())


async def _read(connection: Connection) -> object:
    return await read_values(connection, ["ns=2;s=A", "/Objects/2:B"])


async def _write(connection: Connection) -> object:
    return await write_value(connection, "ns=2;s=A", 1.0)


async def _browse(connection: Connection) -> object:
    return tomllib.loads(tags_as_toml(await browse_tags(connection, depth=3, most=1000)))


async def _history(connection: Connection) -> object:
    return await read_history(connection, ["ns=2;s=A"], 0, FAR_NS, 1000)


async def _learn(connection: Connection) -> object:
    await connection._learn()
    await connection._keep_alive()
    return connection.namespaces.uris


def subscribed() -> OpcUaSubscription:
    """Return a subscription of two tags, of no session yet."""
    events = Events("nowhere", None)
    return OpcUaSubscription(
        [MonitoredTag("ns=2;s=A"), MonitoredTag("ns=2;s=B")],
        lambda batch: None,
        SubscriptionSettings(),
        events=events,
        types=TypeWatch(events),
        keep_alive_seconds=3.0,
    )


async def _published(connection: Connection) -> object:
    subscription = subscribed()
    response = await connection.ask("publish", connection.services.publish([]))
    subscription.accept(response.Parameters.NotificationMessage)
    return subscription.last


async def _endpoints(connection: Connection) -> object:
    body = await connection.services._send_request(None)
    offered = ua.ua_binary.struct_from_binary(ua.GetEndpointsResponse, body).Endpoints
    return [_offer(each, ENDPOINT) for each in offered], session_url(ENDPOINT, choose(offered, ENDPOINT))


TALKS: tuple[Callable[[Connection], Awaitable[object]], ...] = (
    _read, _write, _browse, _history, _learn, _published, _endpoints,
)  # fmt: skip


def _answer(data: bytes) -> object:
    """One byte says what is asked; errors are converted as a session does it."""

    async def talk() -> object:
        connection = _connection(iter(data[1:].split(BETWEEN)))
        with converting("nowhere", "ask"):
            return await TALKS[data[0] % len(TALKS)](connection)

    return run(talk())


def _chunks(data: bytes) -> object:
    """A Hello waits for its answer, then a channel is asked for, then a value; one byte cuts pieces anew."""

    async def ask(protocol: BoundedProtocol) -> object:
        with converting("nowhere", "connect"):
            await protocol.send_hello("opc.tcp://nowhere")
            result = await protocol.open_secure_channel(ua.OpenSecureChannelParameters())
            return result, await protocol.send_request(ua.ReadRequest())

    size, rest = data[0] % 32, data[1:]
    pieces = pieces_of(rest.replace(BETWEEN, b""), size) if size else rest.split(BETWEEN)
    return conversation(lambda: BoundedProtocol(9.0, SecurityPolicyNone()), ask, pieces, turns=5)


def _of_response(response: Any, **fields: Any) -> bytes:
    for name, value in fields.items():
        setattr(response, name, value)
    return bytes(struct_to_binary(response))


def _values(*values: ua.Variant) -> bytes:
    known = [ua.DataValue(value, SourceTimestamp=NOW, ServerTimestamp=NOW) for value in values]
    return _of_response(ua.ReadResponse(), Results=known)


def _found(name: str, kind: ua.NodeClass = ua.NodeClass.Variable) -> ua.ReferenceDescription:
    is_property = name in {"EURange", "EngineeringUnits"}
    reference = ua.ObjectIds.HasProperty if is_property else ua.ObjectIds.Organizes
    return ua.ReferenceDescription(
        ua.NodeId(reference), IsForward=True, NodeId=ua.ExpandedNodeId(name, 2),
        BrowseName=ua.QualifiedName(name, 2), DisplayName=ua.LocalizedText(name), NodeClass=kind,
    )  # fmt: skip


def _references(*found: ua.ReferenceDescription) -> bytes:
    return _of_response(ua.BrowseResponse(), Results=[ua.BrowseResult(References=list(found))])


TAG = ua.Variant(ua.NodeId(ua.ObjectIds.Double))
DOUBLE = ua.Variant(9.5, ua.VariantType.Double)
LEVEL = ua.Variant(3, ua.VariantType.Byte)
TARGETS = ua.BrowsePathResult(
    Targets=[ua.BrowsePathTarget(TargetId=ua.ExpandedNodeId("B", 2), RemainingPathIndex=0xFFFFFFFF)]
)
HISTORY = ua.HistoryReadResult(
    HistoryData=ua.HistoryData(DataValues=[ua.DataValue(DOUBLE, SourceTimestamp=NOW)])
)
PUBLISHED = ua.PublishResult(
    SubscriptionId=1,
    NotificationMessage=ua.NotificationMessage(
        1,
        NOW,
        [
            ua.DataChangeNotification(
                MonitoredItems=[ua.MonitoredItemNotification(0, ua.DataValue(DOUBLE))],
            )
        ],
    ),
)
OFFER = ua.EndpointDescription(
    EndpointUrl="opc.tcp://plc:4840/x",
    SecurityMode=ua.MessageSecurityMode.None_,
    SecurityPolicyUri="http://opcfoundation.org/UA/SecurityPolicy#None",
    UserIdentityTokens=[ua.UserTokenPolicy("0", ua.UserTokenType.Anonymous)],
)
TALKED = (
    (
        _of_response(ua.TranslateBrowsePathsToNodeIdsResponse(), Results=[TARGETS]),
        _values(DOUBLE, ua.Variant([1, 2, 3, 4], ua.VariantType.Int32, [2, 2])),
    ),
    (
        *map(_values, (TAG, LEVEL, LEVEL, ua.Variant(-1), DOUBLE)),
        _of_response(ua.WriteResponse(), Results=[ua.StatusCode(0)]),
    ),
    (
        _references(_found("P")),
        _references(_found("EURange"), _found("EngineeringUnits")),
        *map(_values, (TAG, ua.Variant(-1), LEVEL, ua.Variant(ua.LocalizedText("steam")))),
        _values(
            ua.Variant(ua.EUInformation(DisplayName=ua.LocalizedText("bar"))),
            ua.Variant(ua.Range(0.0, 20.0)),
        ),
    ),
    (_of_response(ua.HistoryReadResponse(), Results=[HISTORY]),),
    (
        _values(ua.Variant(100)),
        _values(ua.Variant(["http://opcfoundation.org/UA/", "urn:plc"])),
        _values(*[ua.Variant(100)] * 5),
        _values(ua.Variant(0)),
    ),
    (_of_response(ua.PublishResponse(), Parameters=PUBLISHED),),
    (_of_response(ua.GetEndpointsResponse(), Endpoints=[OFFER]),),
)


def _message(kind: bytes, body: bytes, request: int) -> bytes:
    """One chunk without security, as a server sends it."""
    if kind == ua.MessageType.SecureOpen:
        security = struct_to_binary(
            ua.AsymmetricAlgorithmHeader(SecurityPolicyURI="http://opcfoundation.org/UA/SecurityPolicy#None")
        )
    else:
        security = struct_to_binary(ua.SymmetricAlgorithmHeader(TokenId=1))
    whole = security + struct_to_binary(ua.SequenceHeader(request, request)) + body
    header = ua.Header(kind, ua.ChunkType.Single, 1)
    header.body_size = len(whole)
    return bytes(header_to_binary(header) + whole)


OPENED = ua.OpenSecureChannelResponse(
    TypeId=ua.FourByteNodeId(ua.ObjectIds.OpenSecureChannelResponse_Encoding_DefaultBinary),
    Parameters=ua.OpenSecureChannelResult(
        SecurityToken=ua.ChannelSecurityToken(1, 1, NOW, 3_600_000), ServerNonce=b"\0" * 32
    ),
)
CONNECTED = (
    uatcp_to_binary(ua.MessageType.Acknowledge, ua.Acknowledge()),
    _message(ua.MessageType.SecureOpen, struct_to_binary(OPENED), 1),
    _message(ua.MessageType.SecureMessage, _values(DOUBLE), 2),
)

TABLE = (
    Target(
        "opcua_node",
        _node,
        (NodeSyntaxError,),
        [
            *(b"ns=2;s=Tag", b"ns=2;i=1001", b"ns=2;b=YQ==", b"nsu=http://x/y;s=Tag", b"i=2258"),
            b"ns=2;g=09087e75-8e5e-499b-954f-f2a9603db28a",
            b"/Objects/2:Plant/2:STEAM.HEADER.PRESSURE",
            b"/Objects/2:Line<HasComponent>2:P.0:EURange&/x",
            b"<#!0:HasProperty>2:x.2:y",
        ],
        longest=512,
    ),
    Target(
        "opcua_answer",
        lambda data: _answer(data or b"\0"),
        (OpcUaError,),
        [bytes((at,)) + BETWEEN.join(talk) for at, talk in enumerate(TALKED)],
    ),
    Target(
        "opcua_chunks", lambda data: _chunks(data or b"\0"), (OpcUaError,), [b"\0" + BETWEEN.join(CONNECTED)]
    ),
)
