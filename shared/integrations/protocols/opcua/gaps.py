"""Outages of a subscription, tag by tag: from the last value before to the first one reported after."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from .values import OpcUaValue


class Gap(NamedTuple):
    """What is to be looked up in history; both times are the server's own, and were reported."""

    node: str
    start_ns: int
    end_ns: int


class Gaps:
    """Keeps gaps until they are looked up, through any number of outages meanwhile.

    `are_known` is set while each tag that had a value has been reported since the last outage.
    """

    def __init__(self) -> None:
        self.are_known = asyncio.Event()
        self.are_known.set()
        self._starts: dict[int, int] = {}
        self._gaps: list[Gap] = []

    def begin(self, last: Sequence[OpcUaValue | None]) -> None:
        """An outage lies behind the last values of the tags."""
        times = ((index, value.time_ns) for index, value in enumerate(last) if value is not None)
        self._starts |= {index: time_ns for index, time_ns in times if time_ns is not None}
        if self._starts:
            self.are_known.clear()

    def end(self, index: int, first: OpcUaValue) -> None:
        """A tag was reported: the first time after an outage, its gap ends here."""
        start_ns = self._starts.pop(index, None)
        if start_ns is None:
            return
        if first.time_ns is not None and first.time_ns > start_ns:
            self._gaps.append(Gap(first.node, start_ns, first.time_ns))
        if not self._starts:
            self.are_known.set()

    def take(self) -> list[Gap]:
        """Return the gaps that have ended; once each."""
        gaps, self._gaps = self._gaps, []
        return gaps
