"""Reading the values of many nodes, none of which blocks the others."""

from collections.abc import Sequence

from asyncua import ua

from .connection import Connection
from .nodes import find_nodes
from .values import OpcUaValue, bad_value, from_data_value


async def read_values(connection: Connection, texts: Sequence[str]) -> list[OpcUaValue]:
    """Read a value for each text, in its order; what cannot be read has a Bad status and no value.

    Raises:
        NodeTextError: a text names no node.
        OpcUaError: nothing could be read.
    """
    nodes = await find_nodes(connection, texts)
    data = iter(await connection.read([node for node in nodes if isinstance(node, ua.NodeId)]))
    values = []
    for text, node in zip(texts, nodes, strict=True):
        values.append(
            from_data_value(text, next(data)) if isinstance(node, ua.NodeId) else bad_value(text, node)
        )
        if values[-1].code in {ua.StatusCodes.BadNodeIdUnknown, ua.StatusCodes.BadNodeIdInvalid}:
            connection.nodes.pop(text, None)  # a path may lead elsewhere by now
    return values
