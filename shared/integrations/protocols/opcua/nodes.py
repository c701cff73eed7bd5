"""From the texts that name nodes to the NodeIds of a server."""

import uuid
from collections.abc import Sequence

from asyncua import ua

from .connection import Connection
from .errors import NodeTextError, NodeUnknownError
from .limits import Operation
from .node_text import BrowsePathText, NodeIdText, NodeSyntaxError, parse_node
from .status_names import status_name

LAST_STEP = 0xFFFFFFFF
"""RemainingPathIndex of a path that was followed to its end (Part 4 §5.9.4)."""


def parsed(text: str, server: str) -> NodeIdText | BrowsePathText:
    """Read the text; NodeTextError if it names no node."""
    try:
        return parse_node(text)
    except NodeSyntaxError as error:
        raise NodeTextError(str(error), server=server) from error


async def find_nodes(connection: Connection, texts: Sequence[str]) -> list[ua.NodeId | int]:
    """NodeId of each text, or the StatusCode that says why there is none.

    A NodeId is not looked up at the server; a browse path is followed, once in the life of a connection.

    Raises:
        NodeTextError: a text names no node.
        OpcUaError: the server was not there to ask.
    """
    found: dict[str, ua.NodeId | int] = {}
    paths: dict[str, BrowsePathText] = {}
    for text in texts:
        if text in connection.nodes:
            found[text] = connection.nodes[text]
        elif text not in found and text not in paths:
            node = parsed(text, connection.server)
            if isinstance(node, BrowsePathText):
                paths[text] = node
            else:
                found[text] = _in_namespace(connection, node)
    if paths:
        ends = await _follow(connection, list(paths.values()))
        found |= dict(zip(paths, ends, strict=True))
    connection.nodes |= {text: node for text, node in found.items() if isinstance(node, ua.NodeId)}
    return [found[text] for text in texts]


async def find_node(connection: Connection, text: str) -> ua.NodeId:
    """NodeId of one text; NodeUnknownError if there is none, and as `find_nodes`."""
    (node,) = await find_nodes(connection, [text])
    if isinstance(node, ua.NodeId):
        return node
    known = f"; namespaces of the server: {', '.join(connection.namespaces.uris)}" if "nsu=" in text else ""
    raise NodeUnknownError(
        f"no such node ({status_name(node)}){known}", server=connection.server, node=text, code=node
    )


def _in_namespace(connection: Connection, node: NodeIdText) -> ua.NodeId | int:
    namespaces, named = connection.namespaces, node.namespace
    index = namespaces.index(named) if isinstance(named, int) else namespaces.index_of(named)
    return ua.StatusCodes.BadNodeIdUnknown if index is None else _node_id(node, index)


def _node_id(node: NodeIdText, index: int) -> ua.NodeId:
    """The NodeId, its namespace being `index` on the server."""
    if isinstance(node.identifier, int):
        return ua.NodeId(node.identifier, index)
    kinds = {str: ua.NodeIdType.String, bytes: ua.NodeIdType.ByteString, uuid.UUID: ua.NodeIdType.Guid}
    return ua.NodeId(node.identifier, index, kinds[type(node.identifier)])


def _browse_path(path: BrowsePathText, indices: Sequence[int]) -> ua.BrowsePath:
    elements = [
        ua.RelativePathElement(
            ReferenceTypeId=ua.NodeId(step.reference),
            IsInverse=step.is_inverse,
            IncludeSubtypes=step.with_subtypes,
            TargetName=ua.QualifiedName(step.name, index),
        )
        for step, index in zip(path.steps, indices, strict=True)
    ]
    return ua.BrowsePath(ua.NodeId(path.start), ua.RelativePath(elements))


async def _follow(connection: Connection, paths: Sequence[BrowsePathText]) -> list[ua.NodeId | int]:
    async def call(chunk: Sequence[ua.BrowsePath]) -> list[ua.BrowsePathResult]:
        answer: list[ua.BrowsePathResult] = await connection.ask(
            "follow browse paths", connection.services.translate_browsepaths_to_nodeids(chunk)
        )
        return answer

    wanted: dict[int, ua.BrowsePath] = {}
    for at, path in enumerate(paths):
        indices = [connection.namespaces.index(step.namespace) for step in path.steps]
        present = [index for index in indices if index is not None]
        if len(present) == len(indices):
            wanted[at] = _browse_path(path, present)
    results = await connection.limits.batched(
        Operation.TRANSLATE, list(wanted.values()), call, connection.server
    )
    ends = dict(zip(wanted, map(_end, results), strict=True))
    return [ends.get(at, ua.StatusCodes.BadNoMatch) for at in range(len(paths))]


def _end(result: ua.BrowsePathResult) -> ua.NodeId | int:
    if not result.StatusCode.is_good():
        return int(result.StatusCode.value)
    for target in result.Targets:
        if target.RemainingPathIndex == LAST_STEP:
            return local(target.TargetId)
    return ua.StatusCodes.BadNoMatch


def local(node: ua.NodeId) -> ua.NodeId:
    """The NodeId without the server index and URI of an ExpandedNodeId."""
    return ua.NodeId(node.Identifier, node.NamespaceIndex, node.NodeIdType)


def as_text(node: ua.NodeId) -> str:
    """NodeId as configurations write it."""
    return str(local(node).to_string())
