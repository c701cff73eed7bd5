"""Raw history of nodes, as many pages as there are.

Source: OPC UA Part 11 §6.5.3 (reading raw values), Part 4 §5.11.3 (HistoryRead).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from asyncua import ua

from integrations.messages.status import is_bad

from .connection import Connection
from .errors import OpcUaError
from .limits import Operation
from .nodes import find_nodes
from .values import OpcUaValue, from_data_value, from_ns

PAGE = 1000
"""Most values that are asked for by number. For more the server cuts the pages (0): asked by number, some
give no continuation point where they cut, and the rest would be missed."""


@dataclass
class NodeHistory:
    """Values of one node, in order of time; `status` is Bad if the server would not go on."""

    node: str
    status: int = 0
    values: list[OpcUaValue] = field(default_factory=list)


@dataclass
class _Reading:
    history: NodeHistory
    id: ua.NodeId
    continuation: bytes | None = None


async def read_history(
    connection: Connection, texts: Sequence[str], start_ns: int, end_ns: int, most_per_node: int
) -> list[NodeHistory]:
    """Read what was recorded from `start_ns` until before `end_ns`, UTC; a node without history has a status.

    Raises:
        NodeTextError: a text names no node.
        OpcUaError: the server was lost.
    """
    nodes = await find_nodes(connection, texts)
    histories = [
        NodeHistory(text, 0 if isinstance(node, ua.NodeId) else node)
        for text, node in zip(texts, nodes, strict=True)
    ]
    reading = [
        _Reading(history, node)
        for history, node in zip(histories, nodes, strict=True)
        if isinstance(node, ua.NodeId)
    ]
    while reading:
        await _read_page(connection, reading, start_ns, end_ns, most_per_node)
        finished = [one for one in reading if one.continuation and len(one.history.values) >= most_per_node]
        await _release(connection, finished)
        reading = [one for one in reading if one.continuation and one not in finished]
    return histories


async def _read_page(
    connection: Connection, reading: Sequence[_Reading], start_ns: int, end_ns: int, most: int
) -> None:
    details = ua.ReadRawModifiedDetails(
        IsReadModified=False,
        StartTime=from_ns(start_ns),
        EndTime=from_ns(end_ns),
        NumValuesPerNode=most if most <= PAGE else 0,
        ReturnBounds=False,
    )

    async def call(chunk: Sequence[_Reading]) -> list[ua.HistoryReadResult]:
        answer: list[ua.HistoryReadResult] = await connection.ask(
            "read history", connection.services.history_read(_parameters(details, chunk))
        )
        return answer

    try:
        results = await connection.limits.batched(Operation.HISTORY, reading, call, connection.server)
    except OpcUaError as error:
        if connection.lost.is_set():
            raise
        # servers without any history refuse the whole service
        for one in reading:
            one.history.status, one.continuation = error.status, None
        return
    for one, result in zip(reading, results, strict=True):
        _take(one, result, most)


def _take(one: _Reading, result: ua.HistoryReadResult, most: int) -> None:
    previous, one.continuation = one.continuation, result.ContinuationPoint or None
    if is_bad(result.StatusCode.value):
        one.history.status, one.continuation = result.StatusCode.value, None
        return
    data = result.HistoryData.DataValues if isinstance(result.HistoryData, ua.HistoryData) else None
    values = [from_data_value(one.history.node, value) for value in data or ()]
    one.history.values += values[: most - len(one.history.values)]
    if previous is not None and (previous == one.continuation or not values):
        one.continuation = None  # a server that makes no progress would be asked for ever


async def _release(connection: Connection, finished: Sequence[_Reading]) -> None:
    """Let the server forget continuation points that nobody will follow."""
    if not finished:
        return
    parameters = _parameters(ua.ReadRawModifiedDetails(IsReadModified=False), finished)
    parameters.ReleaseContinuationPoints = True
    try:
        await connection.ask("release history", connection.services.history_read(parameters))
    except OpcUaError:
        if connection.lost.is_set():
            raise


def _parameters(details: ua.ReadRawModifiedDetails, chunk: Sequence[_Reading]) -> ua.HistoryReadParameters:
    return ua.HistoryReadParameters(
        HistoryReadDetails=details,
        TimestampsToReturn=ua.TimestampsToReturn.Both,
        ReleaseContinuationPoints=False,
        NodesToRead=[
            ua.HistoryReadValueId(NodeId=one.id, ContinuationPoint=one.continuation) for one in chunk
        ],
    )
