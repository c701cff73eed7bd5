"""Answers in pages: as much as a message takes, the rest on request."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct

from integrations.messages import encode

Item = TypeVar("Item", bound=Struct)


def fitting(items: Iterable[Item], most_bytes: int) -> Iterator[Item]:
    """Yield as many as fit into so many bytes of JSON, at least one."""
    left, first = most_bytes, True
    for item in items:
        left -= len(encode(item)) + 1
        if left < 0 and not first:
            return
        first = False
        yield item
