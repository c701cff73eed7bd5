"""Nodes as configurations write them: NodeIds and browse paths, told apart, checked without a server.

Sources: OPC UA Part 6 §5.3.1.10 (NodeId text), Part 4 Annex A.2 (relative path text), Part 6 Annex A (numbers
of the reference types).
"""

import base64
import binascii
import re
import uuid
from dataclasses import dataclass

NODE_ID = re.compile(
    r"(?:ns=(?P<index>\d+);|nsu=(?P<uri>[^;]+);)?(?P<kind>[isgb])=(?P<identifier>.*)", re.DOTALL
)
LIKE_NODE_ID = re.compile(r"nsu?=|\w=", re.IGNORECASE)
"""How a NodeId begins, also one with a slip in it; a path whose first name does so begins with `/`."""
STEP = re.compile(
    r"(?P<lead>/|<[^>]*>|\.)?(?:(?P<index>\d+):)?(?P<name>(?:&.|\.(?!\d+:)|[^/<.&])+)", re.DOTALL
)
REFERENCE = re.compile(r"<(?P<exact>#)?(?P<inverse>!)?(?:0:)?(?P<name>\w+)>")
ROOT_FOLDER, OBJECTS_FOLDER = 84, 85
REFERENCE_TYPES = {
    "References": 31,
    "NonHierarchicalReferences": 32,
    "HierarchicalReferences": 33,
    "HasChild": 34,
    "Organizes": 35,
    "HasEventSource": 36,
    "GeneratesEvent": 41,
    "Aggregates": 44,
    "HasSubtype": 45,
    "HasProperty": 46,
    "HasComponent": 47,
    "HasNotifier": 48,
    "HasOrderedComponent": 49,
    "HasHistoricalConfiguration": 56,
}
"""Types that lead from node to node and their numbers; the way to a value needs no other."""
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


@dataclass(frozen=True, slots=True)
class PathStep:
    """A step along references of one type, to the node of one browse name."""

    reference: int
    """Number of the reference type in namespace 0."""
    namespace: int
    name: str
    is_inverse: bool = False
    with_subtypes: bool = True


@dataclass(frozen=True, slots=True)
class BrowsePathText:
    """A way from a folder of namespace 0 along references to a node."""

    start: int
    """Number of the folder."""
    steps: tuple[PathStep, ...]


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
    if LIKE_NODE_ID.match(text.lstrip()):
        raise NodeSyntaxError(f"node {text!r} {ALLOWED}")
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
    steps: list[PathStep] = []
    position = 0
    while position < len(text):
        match = STEP.match(text, position)
        if match is None:
            raise NodeSyntaxError(f"node {text!r} {ALLOWED}; stuck at {text[position:]!r}")
        steps.append(_step(text, match))
        position = match.end()
    if not steps:
        raise NodeSyntaxError(f"node {text!r} {ALLOWED}")
    if (steps[0].namespace, steps[0].name) == (0, "Root"):
        steps.pop(0)
    if not steps:
        raise NodeSyntaxError(f"node {text!r}: Root alone is no way to a node")
    at_root = steps[0].namespace == 0 and steps[0].name in {"Objects", "Types", "Views"}
    return BrowsePathText(ROOT_FOLDER if at_root else OBJECTS_FOLDER, tuple(steps))


def _step(text: str, match: re.Match[str]) -> PathStep:
    name, namespace = UNESCAPED.sub(r"\1", match["name"]), int(match["index"] or 0)
    lead = match["lead"] or "/"
    if lead == "/":
        return PathStep(REFERENCE_TYPES["HierarchicalReferences"], namespace, name)
    if lead == ".":
        return PathStep(REFERENCE_TYPES["Aggregates"], namespace, name)
    named = REFERENCE.fullmatch(lead)
    if named is None or named["name"] not in REFERENCE_TYPES:
        raise NodeSyntaxError(f"node {text!r}: {lead} must be one of {', '.join(REFERENCE_TYPES)}")
    return PathStep(
        REFERENCE_TYPES[named["name"]], namespace, name, bool(named["inverse"]), not named["exact"]
    )
