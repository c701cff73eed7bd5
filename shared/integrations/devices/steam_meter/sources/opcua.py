"""A meter whose values are nodes of an OPC UA server."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from integrations.configuration import MISSING, ConfigurationError, Fault, read_struct
from integrations.devices.modbus_config import is_device_path
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.readout import MeterPoll, Readout
from integrations.messages import Status, is_bad
from integrations.protocols.opcua import NodeSyntaxError, OpcUaEndpoint, parse_node

from .kind import Clock, NowNs, SourceKind
from .named import Entries, Entry, quantity_of, readout_of

if TYPE_CHECKING:
    from integrations.protocols.opcua.client import OpcUaSession, OpcUaValue, SessionEvent

DEFAULT_NODES = {
    "flow_rate": "ns=2;s=STEAM.HEADER.FLOW",
    "pressure": "ns=2;s=STEAM.HEADER.PRESSURE",
    "temperature": "ns=2;s=STEAM.HEADER.TEMPERATURE",
}
"""The tags a SCADA connection has when nothing else is said."""
ENTRIES = Entries("opcua_nodes", "node")
OURS = ("url", "host", "port", "timeout_seconds")
"""Keys of the endpoint that the meter has itself."""
LONGEST_TIMEOUT_SECONDS = 300.0


def faults(fields: SteamMeterFields) -> Iterator[Fault]:
    """Check nodes and endpoint."""
    if fields.register_map:
        allowed = "must be left out with protocol opc_ua: opcua_nodes says what is read"
        yield Fault("", "register_map", fields.register_map, allowed)
    try:
        entries = nodes_of(fields)
    except ConfigurationError as error:
        yield from error.faults
        return
    if "flow_rate" not in entries:
        yield Fault("opcua_nodes", "flow_rate", MISSING, "is missing: it says which node is the flow")
    for name, entry in entries.items():
        try:
            parse_node(entry.text)
        except NodeSyntaxError as error:
            yield Fault("opcua_nodes", name, entry.text, f"cannot be used: {error}")
    if is_device_path(fields.host):
        yield Fault("", "host", fields.host, "must be a name or an address")
        return
    for key in sorted(fields.opcua.keys() & OURS):
        allowed = "must be left out: host, port and timeout_seconds are the meter's"
        yield Fault("opcua", key, fields.opcua[key], allowed)
    try:
        endpoint_of(fields)
    except ConfigurationError as error:
        yield from (each.under("opcua") for each in error.faults)


def nodes_of(fields: SteamMeterFields) -> dict[str, Entry]:
    """Return node and unit of each quantity that is read."""
    entries = ENTRIES.read(fields.opcua_nodes or DEFAULT_NODES)
    return {name: entry for name, entry in entries.items() if name != "totalizer" or fields.enable_totalizer}


def endpoint_of(fields: SteamMeterFields) -> OpcUaEndpoint:
    """Return the server, with the security and user of `opcua`.

    Raises:
        ConfigurationError: by keys of OpcUaEndpoint.
    """
    own = {
        "host": fields.host,
        "port": fields.port,
        "timeout_seconds": min(fields.timeout_seconds, LONGEST_TIMEOUT_SECONDS),
    }
    return read_struct(OpcUaEndpoint, {**fields.opcua, **own})


def readout(fields: SteamMeterFields) -> Readout:
    """Return the quantities."""
    entries = nodes_of(fields).items()
    return readout_of(fields, (quantity_of(fields, name, entry.unit) for name, entry in entries))


class OpcUaMeter:
    """The nodes of one meter, read together in a session that comes back by itself."""

    def __init__(self, endpoint: OpcUaEndpoint, nodes: Sequence[str], now_ns: NowNs = time.time_ns) -> None:
        self._endpoint = endpoint
        self._nodes = list(nodes)
        self._now_ns = now_ns
        self._session: OpcUaSession | None = None
        self.on_back: Callable[[], None] | None = None

    @property
    def connection(self) -> "OpcUaSession | None":
        """The session while there is one."""
        return self._session

    async def poll(self) -> MeterPoll:
        """Read the nodes; the time is that of reading, since a value that does not change keeps its old one.

        Raises:
            OpcUaError: nothing could be read, for the reason it names.
        """
        if self._session is None:
            self._session = await self._open()
        began_ns = self._now_ns()
        read = await self._session.read(self._nodes)
        pairs = [number_of(value) for value in read]
        return MeterPoll(
            (began_ns + self._now_ns()) // 2,
            np.array([value for value, _ in pairs], np.float64),
            np.array([status for _, status in pairs], np.uint32),
        )

    async def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def _open(self) -> "OpcUaSession":
        from integrations.protocols.opcua.client import (  # noqa: PLC0415 - asyncua takes most of a second
            EventKind,
            OpcUaSession,
        )

        def on_event(event: "SessionEvent") -> None:
            if event.kind is EventKind.RECONNECTED and self.on_back:
                self.on_back()

        session = OpcUaSession(self._endpoint, on_event=on_event, now_ns=self._now_ns)
        await session.open()
        return session


def number_of(value: "OpcUaValue") -> tuple[float, int]:
    """Return a node's value as a number with its StatusCode, info bits left out; NaN where it is none."""
    if is_bad(value.status):
        return math.nan, value.code
    if isinstance(value.value, bool | int | float):
        return float(value.value), value.code
    return math.nan, Status.BAD_DECODING_ERROR


def source(fields: SteamMeterFields, clock: Clock, now_ns: NowNs) -> OpcUaMeter:  # noqa: ARG001 - a source as every other
    """Return the meter's source; the session keeps its own time."""
    return OpcUaMeter(endpoint_of(fields), [entry.text for entry in nodes_of(fields).values()], now_ns)


def place(fields: SteamMeterFields) -> str:
    """Say which node the flow is."""
    return f"node {nodes_of(fields)['flow_rate'].text}"


KIND = SourceKind(faults, readout, source, "opcua_nodes", place)
