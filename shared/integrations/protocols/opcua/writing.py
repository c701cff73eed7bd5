"""Writing a value in the type that its node has."""

import math
from collections.abc import Callable
from typing import Any

from asyncua import ua

from integrations.messages.status import is_bad

from .connection import Connection
from .data_types import base_type
from .errors import NodeError, NodeUnknownError, NotWritableError, WriteValueError
from .nodes import as_text, find_node
from .status_names import status_name

ATTRIBUTES = (
    ua.AttributeIds.DataType,
    ua.AttributeIds.AccessLevel,
    ua.AttributeIds.UserAccessLevel,
    ua.AttributeIds.ValueRank,
    ua.AttributeIds.Value,
)
CURRENT_WRITE = 0x02
"""Bit of AccessLevel: the current value can be written (Part 3 §8.57)."""
INTEGERS = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1),
    ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**63), 2**63 - 1),
    ua.VariantType.UInt64: (0, 2**64 - 1),
}
LARGEST_FLOAT = 3.4028234663852886e38
WRONG_VALUE = {ua.StatusCodes.BadTypeMismatch, ua.StatusCodes.BadOutOfRange}
UNKNOWN = {ua.StatusCodes.BadNodeIdUnknown, ua.StatusCodes.BadNodeIdInvalid}


async def write_value(connection: Connection, text: str, value: Any) -> None:
    """Write `value`, converted to the node's data type. Only the value is sent: servers set their own times.

    Raises:
        NodeUnknownError: the server has no such node.
        NotWritableError: the node, or the user, may not be written.
        WriteValueError: the value does not fit the data type, or the server says so.
        OpcUaError: the server was not there, or failed.
    """
    node = await find_node(connection, text)
    kind, is_array = await _writable_type(connection, text, node)
    variant = _variant(connection, text, value, kind, is_array=is_array)
    data = ua.DataValue(variant)
    data.StatusCode = None
    wanted = ua.WriteValue(NodeId=node, AttributeId=ua.AttributeIds.Value, Value=data)
    results = await connection.ask(
        f"write {text}", connection.services.write(ua.WriteParameters(NodesToWrite=[wanted]))
    )
    if is_bad(code := results[0].value):
        what = f"the server does not take {value!r} as {kind.name} ({status_name(code)})"
        raise _refusal(code)(what, server=connection.server, node=text, code=code)


async def _writable_type(connection: Connection, text: str, node: ua.NodeId) -> tuple[ua.VariantType, bool]:
    found = []
    for attribute in ATTRIBUTES:
        found += await connection.read([node], attribute)
    data_type, access, user_access, rank, current = found
    if data_type.StatusCode is not None and is_bad(code := data_type.StatusCode.value):
        error = NodeUnknownError if code in UNKNOWN else NotWritableError
        what = f"no variable to write ({status_name(code)})"
        raise error(what, server=connection.server, node=text, code=code)
    if not _content(access, CURRENT_WRITE) & CURRENT_WRITE:
        raise NotWritableError(
            "read-only: AccessLevel has no CurrentWrite", server=connection.server, node=text
        )
    if not _content(user_access, CURRENT_WRITE) & CURRENT_WRITE:
        raise NotWritableError(
            "this user may not write it: UserAccessLevel has no CurrentWrite",
            server=connection.server,
            node=text,
        )
    kind_of = current.Value.VariantType if current.Value is not None else None
    kind = await base_type(connection, data_type.Value.Value)
    if kind is None and kind_of not in {None, ua.VariantType.Null}:
        kind = kind_of  # abstract types such as Number: what stands there now
    if kind is None:
        raise WriteValueError(
            f"data type {as_text(data_type.Value.Value)} is not one that can be written",
            server=connection.server,
            node=text,
        )
    is_array = current.Value is not None and bool(current.Value.is_array)
    return kind, is_array or _content(rank, -1) >= 1


def _content(data: ua.DataValue, default: int) -> int:
    value = data.Value.Value if data.Value is not None else None
    return int(value) if isinstance(value, int) else default


def _variant(
    connection: Connection, text: str, value: Any, kind: ua.VariantType, *, is_array: bool
) -> ua.Variant:
    try:
        if is_array:
            if not isinstance(value, list | tuple):
                raise WriteValueError(
                    f"must be a list of {kind.name}, got {value!r}", server=connection.server, node=text
                )
            return ua.Variant([fitted(part, kind) for part in value], kind, is_array=True)
        return ua.Variant(fitted(value, kind), kind)
    except (ValueError, TypeError, OverflowError) as error:
        if isinstance(error, WriteValueError):
            raise
        raise WriteValueError(f"{error}, got {value!r}", server=connection.server, node=text) from error


def fitted(value: Any, kind: ua.VariantType) -> Any:
    """Bring `value` to a built-in type without changing what it says; ValueError where it does not fit."""
    if kind in INTEGERS:
        return _integer(value, kind)
    return FITTERS.get(kind, _as_it_is)(value, kind)


def _integer(value: Any, kind: ua.VariantType) -> int:
    least, most = INTEGERS[kind]
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not is_whole or not least <= value <= most:
        raise ValueError(f"must be a whole number {least}..{most} ({kind.name})")
    return int(value)


def _real(value: Any, kind: ua.VariantType) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number ({kind.name})")  # noqa: TRY004  # one kind of error for every misfit
    if kind is ua.VariantType.Float and math.isfinite(value) and abs(value) > LARGEST_FLOAT:
        raise ValueError("must be within the range of Float")
    return float(value)


def _boolean(value: Any, kind: ua.VariantType) -> bool:
    if value not in (True, False):
        raise ValueError(f"must be true or false ({kind.name})")
    return bool(value)


def _text(value: Any, kind: ua.VariantType) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"must be a text ({kind.name})")  # noqa: TRY004  # one kind of error for every misfit
    return ua.LocalizedText(value) if kind is ua.VariantType.LocalizedText else value


def _as_it_is(value: Any, kind: ua.VariantType) -> Any:
    ua.Variant(value, kind)
    return value


FITTERS: dict[ua.VariantType, Callable[[Any, ua.VariantType], Any]] = {
    ua.VariantType.Float: _real,
    ua.VariantType.Double: _real,
    ua.VariantType.Boolean: _boolean,
    ua.VariantType.String: _text,
    ua.VariantType.LocalizedText: _text,
}


def _refusal(code: int) -> type[NodeError]:
    if code in UNKNOWN:
        return NodeUnknownError
    return WriteValueError if code in WRONG_VALUE else NotWritableError
