"""Events as they are shown: what is said again and again takes one place, with how often and since when."""

from collections.abc import Iterator
from typing import Any

import msgspec

from integrations.messages import Event

_Key = tuple[str, str, str, str]


class Repeats:
    """Keeps the newest of so many different events, in the order in which they were last said."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._known: dict[_Key, tuple[Event, int, int]] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield each event with `times` and `first`, in ns; the one that was said last comes last."""
        for event, times, first in self._known.values():
            yield {**msgspec.to_builtins(event), "times": times, "first": first}

    def take(self, event: Event) -> None:
        """Take what has happened; the one that was said longest ago makes room."""
        key = (event.service, event.subject_id, event.kind, event.text)
        _, times, first = self._known.pop(key, (event, 0, event.time))
        self._known[key] = (event, times + 1, first)
        if len(self._known) > self._at_most:
            del self._known[next(iter(self._known))]
