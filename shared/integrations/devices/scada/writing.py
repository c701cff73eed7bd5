"""A write from beginning to end: allowed, old value read, written, read back, compared."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from integrations.devices.errors import describe
from integrations.devices.polled import EXPECTED_ERRORS
from integrations.devices.samples import DeviceEvent
from integrations.devices.writes import Writable, WriteOutcome
from integrations.messages import Severity, is_bad
from integrations.protocols.opcua import status_name

from .config import SCADAConnectionConfig
from .errors import UnknownTagError
from .permission import WritePermission, as_type, shown
from .source import TagSource
from .values import TagReading

READ_BACK_PAUSES_SECONDS = (0.0, 0.1, 0.4, 1.0)
"""Controllers take values over in their own cycle: read back so often before it counts as refused."""
INT_BITS = 64
"""Of MessagePack, which knows no larger integers."""
MAY_BE_WRITTEN = "it may have been written or not"


class Execute(Protocol):
    """Makes a device call once, under timeout and breaker."""

    def __call__(self, call: Callable[[], Awaitable[WriteOutcome]], retries: int) -> Awaitable[WriteOutcome]:
        """Await the call."""


class TagWriting:
    """Writes tags one at a time; what is refused on the way is an outcome, never an error.

    Args:
        config: table of tags and what is allowed.
        target: returns the source to write to, or raises why there is none.
        execute: makes a device call; a write is never tried again by itself.
        clock: monotonic seconds.
        sleep: waits between the looks at the written value.
    """

    def __init__(
        self,
        config: SCADAConnectionConfig,
        target: Callable[[], TagSource],
        execute: Execute,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._table = config.table
        self._places = {tag.tag_name: at for at, tag in enumerate(config.table)}
        self._permission = WritePermission(config, clock)
        self._target = target
        self._execute = execute
        self._sleep = sleep
        self._turn = asyncio.Lock()

    async def write(self, name: str, value: Writable) -> WriteOutcome:
        """Write `value` to the tag `name` if that is allowed."""
        async with self._turn:
            if name not in self._places:
                return WriteOutcome(name, False, str(UnknownTagError(name, self._places)))
            at = self._places[name]
            tag = self._table[at]
            if reason := self._permission.refusal(tag, value):
                return WriteOutcome(name, False, reason)
            attempt = _Attempt(name, at, as_type(tag.data_type, value), self._sleep)
            try:
                source = self._target()
                self._permission.note(tag)
                return await self._execute(lambda: attempt.run(source), 0)
            except EXPECTED_ERRORS as error:
                prefix = f"{MAY_BE_WRITTEN}: " if attempt.is_sent else ""
                return WriteOutcome(name, False, f"{prefix}{describe(error)}", attempt.old)


class _Attempt:
    """One write to a device."""

    def __init__(self, name: str, at: int, value: Any, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.old: Any = None
        self.is_sent = False
        self._name = name
        self._at = at
        self._value = value
        self._sleep = sleep

    async def run(self, source: TagSource) -> WriteOutcome:
        self.old = (await self._look(source)).value
        self.is_sent = True
        if refusal := await source.write(self._at, self._value):
            return WriteOutcome(self._name, False, f"the device refused it: {refusal}", self.old)
        for pause in READ_BACK_PAUSES_SECONDS:
            await self._sleep(pause)
            found = await self._look(source)
            if not is_bad(found.status) and source.is_same(self._at, self._value, found.value):
                return WriteOutcome(self._name, True, "", self.old, found.value)
        reads = status_name(found.status) if is_bad(found.status) else shown(found.value)
        reason = f"the device took {shown(self._value)} and afterwards reads {reads}"
        return WriteOutcome(self._name, False, reason, self.old, found.value)

    async def _look(self, source: TagSource) -> TagReading:
        (reading,) = await source.read([self._at])
        return reading


def audit(outcome: WriteOutcome, value: Writable, caller: str, *, simulated: bool) -> DeviceEvent:
    """Return the event that tells of a write: who wrote what, and what became of it."""
    result = "written" if outcome.written else f"refused: {outcome.reason}"
    facts = {
        "tag": outcome.tag_name,
        "caller": caller,
        "old": plain(outcome.old),
        "wanted": plain(value),
        "new": plain(outcome.new),
        "written": outcome.written,
        "reason": outcome.reason,
        "simulated": simulated,
    }
    text = f"{caller} writes {shown(value)} to {outcome.tag_name}: {result}"
    severity = Severity.INFO if outcome.written else Severity.WARNING
    return DeviceEvent("tag_write", text, facts, severity=severity)


def plain(value: Any) -> float | int | str | None:
    """Return a value as an event carries it: numbers, switches and text as they are, all else as text."""
    if value is None or (isinstance(value, int) and value.bit_length() < INT_BITS):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON knows neither NaN nor infinities
    return shown(value) if not isinstance(value, str) else value[:200]
