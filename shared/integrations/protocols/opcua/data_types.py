"""From a node's DataType to the built-in type its values are encoded as."""

from asyncua import ua

from .connection import Connection
from .nodes import local

HIGHEST_BUILT_IN = 25
MOST_STEPS = 16
ENUMERATION = ua.NodeId(ua.ObjectIds.Enumeration)
ABSTRACT = {ua.ObjectIds.BaseDataType, ua.ObjectIds.Number, ua.ObjectIds.Integer, ua.ObjectIds.UInteger}


async def base_type(connection: Connection, data_type: ua.NodeId) -> ua.VariantType | None:
    """Built-in type of `data_type`, itself or the nearest one above it; None where that is abstract.

    Duration is a Double, UtcTime a DateTime, an enumeration an Int32 (Part 3 §8, Part 6 §5.2.4).
    """
    for _ in range(MOST_STEPS):
        if data_type == ENUMERATION:
            return ua.VariantType.Int32
        if data_type.NamespaceIndex == 0 and isinstance(data_type.Identifier, int):
            if data_type.Identifier in ABSTRACT:
                return None
            if 1 <= data_type.Identifier <= HIGHEST_BUILT_IN:
                return ua.VariantType(data_type.Identifier)
        above = await _supertype(connection, data_type)
        if above is None:
            return None
        data_type = above
    return None


def type_name(data_type: ua.NodeId) -> str:
    """Name of a standard DataType, or its NodeId."""
    if data_type.NamespaceIndex == 0 and data_type.Identifier in ua.ObjectIdNames:
        return str(ua.ObjectIdNames[data_type.Identifier])
    return str(data_type.to_string())


async def _supertype(connection: Connection, data_type: ua.NodeId) -> ua.NodeId | None:
    description = ua.BrowseDescription(
        NodeId=data_type,
        BrowseDirection=ua.BrowseDirection.Inverse,
        ReferenceTypeId=ua.NodeId(ua.ObjectIds.HasSubtype),
        IncludeSubtypes=True,
        ResultMask=ua.BrowseResultMask.None_,
    )
    parameters = ua.BrowseParameters(RequestedMaxReferencesPerNode=1, NodesToBrowse=[description])
    results = await connection.ask("browse", connection.services.browse(parameters))
    references = results[0].References or []
    return local(references[0].NodeId) if references else None
