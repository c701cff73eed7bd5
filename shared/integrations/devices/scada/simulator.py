"""A simulated SCADA system for the simulation policy: every tag answers, and says that it is simulated."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from integrations.messages import Status
from integrations.units import UnitError, affine

from .source import TagSource
from .tags import TagConfig, TagType
from .values import TagReading

RADIANS_PER_SECOND = 2 * math.pi / 600.0
SWING = 0.02
_IMAGINED = {
    "pressure": (10.0, "barg"),
    "setpoint": (10.0, "barg"),
    "temperature": (184.1, "°C"),
    "flow_rate": (18.0, "t/hr"),
    "return_percentage": (82.0, "%"),
}
"""A boiler house at 10 bar gauge, by quantity."""


class SimulatedTags(TagSource):
    """Numbers swing slowly around what is usual for their quantity; a written value stays."""

    def __init__(self, table: Sequence[TagConfig], now_ns: Callable[[], int] = time.time_ns) -> None:
        self._table = table
        self._now_ns = now_ns
        self._began_ns = now_ns()
        self._usual = [_usual(tag) for tag in table]
        self._written: dict[int, Any] = {}

    async def open(self) -> None:
        """Do nothing: it is always there."""

    async def close(self) -> None:
        """Do nothing."""

    async def read(self, tags: Sequence[int]) -> list[TagReading]:
        """Return the present values of `tags`."""
        return self.look(tags)

    async def write(self, tag: int, value: Any) -> str:
        """Keep the value."""
        self._written[tag] = value
        return ""

    def is_same(self, tag: int, wanted: Any, found: Any) -> bool:  # noqa: ARG002 - of all tags alike
        """Whether the values are equal."""
        return bool(wanted == found)

    def look(self, tags: Sequence[int]) -> list[TagReading]:
        """Return the present values, all GoodEdited: edited means not from the process."""
        now_ns = self._now_ns()
        load = 1 + SWING * math.sin(RADIANS_PER_SECOND * (now_ns - self._began_ns) / 1e9)
        return [TagReading(at, self._value(at, load), Status.GOOD_EDITED, now_ns, now_ns) for at in tags]

    def _value(self, tag: int, load: float) -> Any:
        if tag in self._written:
            return self._written[tag]
        usual, is_steady = self._usual[tag], self._table[tag].writable
        return usual * load if isinstance(usual, float) and not is_steady else usual


def _usual(tag: TagConfig) -> Any:
    """Return what the tag shows on average, in its unit and between its limits."""
    if tag.data_type is TagType.BOOL:
        return True
    if tag.data_type is TagType.STRING:
        return "simulated"
    value, unit = _IMAGINED.get(tag.quantity, (0.0, ""))
    try:
        scale, offset = affine(unit, tag.engineering_units)
        value = value * scale + offset
    except UnitError:
        value = 0.0
    low = -math.inf if tag.min_value is None else tag.min_value
    high = math.inf if tag.max_value is None else tag.max_value
    value = min(max(value, low), high)
    return round(value) if tag.data_type is TagType.INT else value
