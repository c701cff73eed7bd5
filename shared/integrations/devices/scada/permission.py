"""May this value be written to this tag now? Every rule, each with the words of its refusal."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from .config import SCADAConnectionConfig
from .tags import TagConfig, TagType

LONGEST_TEXT = 4096
LONGEST_SHOWN = 80
_WANTED = {
    TagType.FLOAT: "a finite number",
    TagType.INT: "a whole number",
    TagType.BOOL: "true or false",
    TagType.STRING: f"text of at most {LONGEST_TEXT} characters",
}


class WritePermission:
    """The allow-list, the types and limits, and the pace of writing."""

    def __init__(self, config: SCADAConnectionConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._last_write: dict[str, float] = {}

    def refusal(self, tag: TagConfig, value: Any) -> str:
        """Return why `value` must not be written to `tag`; empty when it may."""
        return next(self._refusals(tag, value), "")

    def note(self, tag: TagConfig) -> None:
        """Take note that the tag is being written."""
        self._last_write[tag.tag_name] = self._clock()

    def _refusals(self, tag: TagConfig, value: Any) -> Iterator[str]:
        if not self._config.allow_writes:
            yield f"writing is off: allow_writes of {self._config.scada_id} is false"
        if not tag.writable:
            yield f"{tag.tag_name} is not writable in the table of tags"
        if not is_of_type(tag.data_type, value):
            yield f"{tag.tag_name} must be {_WANTED[tag.data_type]}, got {shown(value)}"
            return
        if tag.min_value is not None and value < tag.min_value:
            yield f"{tag.tag_name} must be at least {tag.min_value:g}, got {value:g}"
        if tag.max_value is not None and value > tag.max_value:
            yield f"{tag.tag_name} must be at most {tag.max_value:g}, got {value:g}"
        waited = self._clock() - self._last_write.get(tag.tag_name, -math.inf)
        if waited < self._config.write_interval_seconds:
            pause = f"{self._config.write_interval_seconds:g} s"
            yield f"{tag.tag_name} was written {waited:.2f} s ago: at most one write in {pause}"


def is_of_type(kind: TagType, value: Any) -> bool:
    """Whether a value is one for tags of this kind; a switch is no number, and 1 is no switch."""
    if kind is TagType.BOOL or isinstance(value, bool):
        return kind is TagType.BOOL and isinstance(value, bool)
    if kind is TagType.STRING:
        return isinstance(value, str) and len(value) <= LONGEST_TEXT
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:  # an int that no float holds
        return False
    return math.isfinite(number) and (kind is TagType.FLOAT or number.is_integer())


def as_type(kind: TagType, value: Any) -> Any:
    """Return a value of the right kind as the very type: 12 as 12.0 for a float."""
    if kind is TagType.FLOAT:
        return float(value)
    return int(value) if kind is TagType.INT else value


def shown(value: Any) -> str:
    """Return a value for a message, cut short."""
    is_huge = isinstance(value, int) and value.bit_length() > 4 * LONGEST_SHOWN
    text = hex(value) if is_huge else repr(value)  # Python writes no more than 4300 digits
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
