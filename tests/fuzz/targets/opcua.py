"""OPC UA: nodes as configurations write them, values as servers send them."""

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

from fuzz.target import Target
from integrations.devices.scada.values import number_of, quality_of
from integrations.protocols.opcua.node_text import NodeSyntaxError, parse_node
from integrations.protocols.opcua.values import from_data_value


def _node(data: bytes) -> object:
    return parse_node(data.decode(errors="replace"))


def _value(data: bytes) -> object:
    try:
        sent = struct_from_binary(ua.DataValue, Buffer(data))
    except Exception:  # noqa: BLE001  # a library's reader; what it raises is converted where it is called
        return None
    value = from_data_value("node", sent)
    return number_of(value.value), quality_of(value.status), value.time_ns, value.code


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
        "opcua_value",
        _value,
        (),
        [
            struct_to_binary(ua.DataValue(ua.Variant(value, kind)))
            for value, kind in (
                (1.5, ua.VariantType.Double),
                ([1, 2], ua.VariantType.Int32),
                ("text", ua.VariantType.String),
                (True, ua.VariantType.Boolean),
            )
        ],
        longest=512,
    ),
)
