"""Nodes as configurations write them: NodeIds and browse paths, told apart, checked without a server.

Sources: OPC UA Part 6 §5.3.1.10 (NodeId text), Part 4 Annex A.2 (relative path text).
"""

import base64
import binascii
import re
import uuid
from dataclasses import dataclass

from asyncua import ua

NODE_ID = re.compile(
    r"(?:ns=(?P<index>\d+);|nsu=(?P<uri>[^;]+);)?(?P<kind>[isgb])=(?P<identifier>.*)", re.DOTALL
)
STEP = re.compile(
    r"(?P<lead>/|<[^>]*>|\.)?(?:(?P<index>\d+):)?(?P<name>(?:&.|\.(?!\d+:)|[^/<.&])+)", re.DOTALL
)
REFERENCE = re.compile(r"<(?P<exact>#)?(?P<inverse>!)?(?:0:)?(?P<name>\w+)>")
UNESCAPED = re.compile(r"&(.)", re.DOTALL)
ALLOWED = (
    "must be a NodeId (ns=2;s=Tag, ns=2;i=1001, ns=2;g=…, ns=2;b=…, nsu=uri;s=Tag) or a browse path"
    " (/Objects/2:Plant/2:STEAM.HEADER.PRESSURE)"
)


class NodeSyntaxError(ValueError):
    """The text is neither a NodeId nor a browse path; says why."""


@dataclass(frozen=True, slots=True)
class NodeIdText:
    """A NodeId whose namespace may still be a URI, to be looked up in the server's NamespaceArray."""

    identifier: int | str | bytes | uuid.UUID
    namespace: int | str

    def resolved(self, index: int) -> ua.NodeId:
        """The NodeId, its namespace being `index` on the server."""
        if isinstance(self.identifier, int):
            return ua.NodeId(self.identifier, index)
        kinds = {str: ua.NodeIdType.String, bytes: ua.NodeIdType.ByteString, uuid.UUID: ua.NodeIdType.Guid}
        return ua.NodeId(self.identifier, index, kinds[type(self.identifier)])


@dataclass(frozen=True, slots=True)
class BrowsePathText:
    """A way from `start` along references to a node."""

    start: ua.NodeId
    path: ua.RelativePath


def parse_node(text: str) -> NodeIdText | BrowsePathText:
    """Read a NodeId or browse path.

    Steps of a path are separated by `/` and name their namespace index, 0 being left out. A dot belongs to
    the name, unless `<index>:` follows: then it is the Part 4 step to a component or property. `&` takes the
    special meaning from the character behind it; `<HasComponent>` and such name a reference type. The path
    starts at Objects, or at Root if its first step is Objects, Types or Views.

    Raises:
        NodeSyntaxError: says what is wrong with the text.
    """
    if match := NODE_ID.fullmatch(text.lstrip()):
        return _node_id(text, match)
    return _browse_path(text.strip())


def _node_id(text: str, match: re.Match[str]) -> NodeIdText:
    written = match["identifier"]
    identifier: int | str | bytes | uuid.UUID = written
    try:
        if match["kind"] == "i":
            identifier = int(written)
            if not 0 <= identifier <= 0xFFFFFFFF:
                raise NodeSyntaxError(
                    f"node {text!r}: a numeric identifier must be 0..4294967295, got {written}"
                )
        elif match["kind"] == "g":
            identifier = uuid.UUID(written)
        elif match["kind"] == "b":
            identifier = base64.b64decode(written, validate=True)
    except (ValueError, binascii.Error) as error:
        if isinstance(error, NodeSyntaxError):
            raise
        kinds = {"i": "a number", "g": "a GUID", "b": "Base64"}
        raise NodeSyntaxError(f"node {text!r}: {match['kind']}= must be {kinds[match['kind']]}") from None
    if match["kind"] == "s" and not written:
        raise NodeSyntaxError(f"node {text!r}: s= must not be empty")
    if match["uri"]:
        return NodeIdText(identifier, match["uri"].replace("%3B", ";").replace("%25", "%"))
    index = int(match["index"] or 0)
    if index > 0xFFFF:
        raise NodeSyntaxError(f"node {text!r}: ns must be 0..65535, got {index}")
    return NodeIdText(identifier, index)


def _browse_path(text: str) -> BrowsePathText:
    elements: list[ua.RelativePathElement] = []
    position = 0
    while position < len(text):
        match = STEP.match(text, position)
        if match is None:
            raise NodeSyntaxError(f"node {text!r} {ALLOWED}; stuck at {text[position:]!r}")
        elements.append(_element(text, match))
        position = match.end()
    if not elements:
        raise NodeSyntaxError(f"node {text!r} {ALLOWED}")
    first = elements[0].TargetName
    if first.NamespaceIndex == 0 and first.Name == "Root":
        elements.pop(0)
    if not elements:
        raise NodeSyntaxError(f"node {text!r}: Root alone is no way to a node")
    first = elements[0].TargetName
    at_root = first.NamespaceIndex == 0 and first.Name in {"Objects", "Types", "Views"}
    start = ua.ObjectIds.RootFolder if at_root else ua.ObjectIds.ObjectsFolder
    return BrowsePathText(ua.NodeId(start), ua.RelativePath(Elements=elements))


def _element(text: str, match: re.Match[str]) -> ua.RelativePathElement:
    reference, inverse, subtypes = ua.ObjectIds.HierarchicalReferences, False, True
    lead = match["lead"] or "/"
    if lead == ".":
        reference = ua.ObjectIds.Aggregates
    elif lead.startswith("<"):
        named = REFERENCE.fullmatch(lead)
        if named is None or not hasattr(ua.ObjectIds, named["name"]):
            raise NodeSyntaxError(f"node {text!r}: {lead} is no reference type of namespace 0")
        reference = getattr(ua.ObjectIds, named["name"])
        inverse, subtypes = bool(named["inverse"]), not named["exact"]
    name = UNESCAPED.sub(r"\1", match["name"])
    return ua.RelativePathElement(
        ReferenceTypeId=ua.NodeId(reference),
        IsInverse=inverse,
        IncludeSubtypes=subtypes,
        TargetName=ua.QualifiedName(name, int(match["index"] or 0)),
    )
