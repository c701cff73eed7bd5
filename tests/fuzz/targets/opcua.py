"""OPC UA: nodes as configurations write them; what servers send is asyncua's to read."""

from fuzz.target import Target
from integrations.protocols.opcua.node_text import NodeSyntaxError, parse_node


def _node(data: bytes) -> object:
    return parse_node(data.decode(errors="replace"))


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
)
