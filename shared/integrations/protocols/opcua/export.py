"""Browsed tags as the configuration of a SCADA system reads them."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count

import msgspec

from integrations.messages import token_from
from integrations.units import UnknownUnitError, parse_unit

from .browsing import BrowsedTag

LONGEST_NAME = 128
NUMBERS = ("SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64")
TYPES = {"Float": "float", "Double": "float", "Boolean": "bool", "String": "string"} | dict.fromkeys(
    NUMBERS, "int"
)
"""Words of `data_type` by built-in type."""


def tags_as_toml(
    tags: Iterable[BrowsedTag], table: str = "scada.tags", *, longest_name: int = LONGEST_NAME
) -> str:
    """Write tags as an array of TOML tables, which stands below the `[[scada]]` it is for.

    A tag is named as its node; where that is not enough to tell tags apart, as its path, and with a number
    where siblings have the same name. None is writable: that is for people to decide, tag by tag. What no tag
    can hold (times, structures) is named in a comment.
    """
    there = list(tags)
    names = _names([tag for tag in there if tag.data_type in TYPES], longest_name)
    blocks = []
    for tag in there:
        if tag.data_type in TYPES:
            blocks.append("\n".join([f"[[{table}]]", f"tag_name = {_toml(next(names))}", *_facts(tag)]))
        else:
            blocks.append(f"# left out, its type is {_comment(tag.data_type)}: {_comment(tag.node)}")
    return "\n\n".join(blocks) + "\n"


def _names(tags: Sequence[BrowsedTag], longest: int) -> Iterator[str]:
    counts = Counter(token_from(tag.name) for tag in tags)
    taken: set[str] = set()
    for tag in tags:
        wanted = (tag.name if counts[token_from(tag.name)] == 1 else _path_name(tag.path))[-longest:]
        numbers = (f"{wanted[: longest - 6]}.{number}" for number in count(2))
        name = next(one for one in chain([wanted], numbers) if one.strip() and token_from(one) not in taken)
        taken.add(token_from(name))
        yield name


def _facts(tag: BrowsedTag) -> Iterator[str]:
    yield f"node = {_toml(tag.node)}"
    yield f"data_type = {_toml(TYPES[tag.data_type])}"
    if tag.description:
        yield f"description = {_toml(tag.description)}"
    if tag.unit:
        is_comment = "" if _is_unit(tag.unit) else "# not a unit known here: "
        yield f"{is_comment}engineering_units = {_toml(tag.unit)}"
    if tag.low is not None and tag.high is not None and -math.inf < tag.low < tag.high < math.inf:
        yield f"min_value = {_toml(tag.low)}"
        yield f"max_value = {_toml(tag.high)}"
    if tag.writable:
        yield "# writable = true"


def _path_name(path: str) -> str:
    """`/Objects/2:Line/2:P` as Line.P."""
    steps = re.split(r"(?<!&)/", path.removeprefix("/Objects").removeprefix("/"))
    return ".".join(re.sub(r"&(.)", r"\1", re.sub(r"^\d+:", "", step)) for step in steps)


def _is_unit(text: str) -> bool:
    try:
        parse_unit(text)
    except UnknownUnitError:
        return False
    return True


def _toml(value: str | float) -> str:
    # A JSON string is a TOML basic string; DEL is the one character that only TOML wants escaped.
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.split())) or "unknown"
