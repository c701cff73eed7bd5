"""The variables below a node, as tags that a configuration can take over."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from asyncua import ua

from .connection import Connection
from .data_types import base_type, type_name
from .limits import Operation
from .nodes import as_text, find_node, local
from .writing import CURRENT_WRITE

OBJECTS = "i=85"
SERVER = ua.NodeId(ua.ObjectIds.Server)
FOLLOWED = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
HAS_PROPERTY = ua.NodeId(ua.ObjectIds.HasProperty)
READ_HISTORY = 0x04
"""Bit of AccessLevel: history can be read."""
RESERVED = "/.<>:#!&"
MOST_REFERENCES = 100_000
"""Of one node; a server could go on for ever."""
DETAILS = (
    ua.AttributeIds.DataType,
    ua.AttributeIds.ValueRank,
    ua.AttributeIds.AccessLevel,
    ua.AttributeIds.Description,
)


class BrowsedTag(msgspec.Struct, frozen=True):
    """A variable of a server: where it is, what it is, and what the server says about it.

    `data_type` is the built-in type's name, or the data type's where that is abstract; of arrays with `[]`.
    """

    node: str
    path: str
    name: str
    data_type: str = ""
    writable: bool = False
    has_history: bool = False
    unit: str = ""
    low: float | None = None
    high: float | None = None
    description: str = ""


@dataclass
class _Found:
    """A variable on the way to a tag."""

    id: ua.NodeId
    path: str
    name: str
    properties: dict[str, ua.NodeId] = field(default_factory=dict)


async def browse_tags(
    connection: Connection, root: str = OBJECTS, *, depth: int = 10, most: int = 100_000
) -> list[BrowsedTag]:
    """Return the variables below `root`, at most `depth` steps down and `most` of them.

    The Server object is left out unless it is the root. A node that is reached on several ways is told once.

    Raises:
        NodeTextError, NodeUnknownError: `root` is no node.
        OpcUaError: the server was lost.
    """
    start = await find_node(connection, root)
    path = "" if root == OBJECTS else root if root.startswith("/") else ""
    found: dict[ua.NodeId, _Found] = {}
    seen, level = {start, SERVER}, [(start, path or ("/Objects" if root == OBJECTS else ""))]
    for _ in range(depth):
        below: list[tuple[ua.NodeId, str]] = []
        answers = await _browse(connection, [node for node, _ in level])
        for (parent, parent_path), references in zip(level, answers, strict=True):
            for reference in references:
                node = local(reference.NodeId)
                if _is_property(reference):
                    if parent in found:
                        found[parent].properties[reference.BrowseName.Name] = node
                elif node not in seen and not getattr(reference.NodeId, "ServerIndex", 0):
                    seen.add(node)
                    here = f"{parent_path}/{_step(reference.BrowseName)}"
                    below.append((node, here))
                    if reference.NodeClass == ua.NodeClass.Variable:
                        found[node] = _Found(node, here, reference.BrowseName.Name or "")
        level = below
        if not level or len(found) >= most:
            break
    return await _described(connection, list(found.values())[:most])


def _step(name: ua.QualifiedName) -> str:
    escaped = "".join(f"&{char}" if char in RESERVED else char for char in name.Name or "")
    return f"{name.NamespaceIndex}:{escaped}" if name.NamespaceIndex else escaped


def _is_property(reference: ua.ReferenceDescription) -> bool:
    return bool(reference.ReferenceTypeId == HAS_PROPERTY)


async def _browse(connection: Connection, nodes: Sequence[ua.NodeId]) -> list[list[ua.ReferenceDescription]]:
    async def call(chunk: Sequence[ua.NodeId]) -> list[list[ua.ReferenceDescription]]:
        parameters = ua.BrowseParameters(
            RequestedMaxReferencesPerNode=0,
            NodesToBrowse=[
                ua.BrowseDescription(
                    NodeId=node,
                    BrowseDirection=ua.BrowseDirection.Forward,
                    ReferenceTypeId=FOLLOWED,
                    IncludeSubtypes=True,
                    NodeClassMask=ua.NodeClass.Object | ua.NodeClass.Variable,
                    ResultMask=ua.BrowseResultMask.All,
                )
                for node in chunk
            ],
        )
        results = await connection.ask("browse", connection.services.browse(parameters))
        return [await _rest(connection, result) for result in results]

    return await connection.limits.batched(Operation.BROWSE, nodes, call, connection.server)


async def _rest(connection: Connection, result: ua.BrowseResult) -> list[ua.ReferenceDescription]:
    """All references of a node: what does not fit into an answer comes with the next ones."""
    references = list(result.References or ())
    while result.ContinuationPoint and len(references) < MOST_REFERENCES:
        parameters = ua.BrowseNextParameters(
            ReleaseContinuationPoints=False, ContinuationPoints=[result.ContinuationPoint]
        )
        (result,) = await connection.ask("browse on", connection.services.browse_next(parameters))
        if not result.References:
            break
        references += result.References
    return references


async def _described(connection: Connection, found: Sequence[_Found]) -> list[BrowsedTag]:
    nodes = [one.id for one in found]
    types, ranks, access, texts = [await connection.read(nodes, attribute) for attribute in DETAILS]
    properties = [(one.properties.get("EngineeringUnits"), one.properties.get("EURange")) for one in found]
    wanted = [node for pair in properties for node in pair if node is not None]
    values = dict(zip(wanted, await connection.read(wanted), strict=True))
    names = await _type_names(
        connection, {kind for data in types if isinstance(kind := _content(data), ua.NodeId)}
    )
    return [
        _tag(
            one,
            names,
            *(_content(data) for data in (kind, rank, level, text, *(values.get(node) for node in pair))),
        )
        for one, kind, rank, level, text, pair in zip(
            found, types, ranks, access, texts, properties, strict=True
        )
    ]


async def _type_names(connection: Connection, data_types: set[ua.NodeId]) -> dict[object, str]:
    names: dict[object, str] = {}
    for data_type in data_types:
        built_in = await base_type(connection, data_type)
        names[data_type] = type_name(data_type) if built_in is None else built_in.name
    return names


def _tag(
    one: _Found,
    names: dict[object, str],
    kind: object,
    rank: object,
    level: object,
    text: object,
    unit: object,
    span: object,
) -> BrowsedTag:
    is_array = isinstance(rank, int) and rank >= ua.ValueRank.OneOrMoreDimensions
    bits = level if isinstance(level, int) else 0
    return BrowsedTag(
        node=as_text(one.id),
        path=one.path,
        name=one.name,
        data_type=names.get(kind, "") + "[]" * is_array if isinstance(kind, ua.NodeId) else "",
        writable=bool(bits & CURRENT_WRITE),
        has_history=bool(bits & READ_HISTORY),
        unit=(unit.DisplayName.Text or "") if isinstance(unit, ua.EUInformation) else "",
        low=span.Low if isinstance(span, ua.Range) else None,
        high=span.High if isinstance(span, ua.Range) else None,
        description=(text.Text or "") if isinstance(text, ua.LocalizedText) else "",
    )


def _content(data: ua.DataValue | None) -> object:
    return data.Value.Value if data is not None and data.Value is not None else None
