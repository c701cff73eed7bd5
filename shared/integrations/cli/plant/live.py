"""What the live table shows, worked out from clean batches; no terminal in sight."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from integrations.cli.printable import printable
from integrations.messages import CleanBatch, Event, Origin
from integrations.runtime.process.redaction import redacted

MAX_SENSORS = 10_000
"""Sensors remembered; batches of further ones are passed over."""
WINDOW_SECONDS = 5.0
"""Time over which rates are taken."""

_SECOND_NS = 1_000_000_000
_TICK_NS = 250_000_000
_TICKS = int(WINDOW_SECONDS * _SECOND_NS / _TICK_NS)


@dataclass(frozen=True, slots=True)
class Row:
    """One sensor as it stands now; `value` is None where the last sample has none."""

    sensor: str
    value: float | None
    unit: str
    quality: float
    flags: str
    age_seconds: float
    rate: float
    """Samples per second."""
    simulated: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """All there is to show at one moment; `hidden` rows did not fit."""

    site: str
    bus_url: str
    sensors: int
    rate: float
    services: str
    last_event: str
    rows: list[Row]
    hidden: int
    console: str = ""
    """Where the same can be seen in a browser."""


class LiveView:
    """Remembers the last sample of each sensor and how many came lately."""

    def __init__(
        self,
        site: str,
        bus_url: str,
        *,
        flag_names: Callable[[int], str],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._site = site
        self._bus_url = redacted(bus_url)
        self._flag_names = flag_names
        self._now_ns = now_ns
        self._latest: dict[str, CleanBatch] = {}
        self._rates: dict[str, Rate] = {}
        self.filled = asyncio.Event()
        """Set once there is a reading to show."""
        self._services = "starting"
        self._last_event = ""
        self._console = ""

    def update(self, batch: CleanBatch) -> None:
        """Take in a batch; one older than what is shown counts, but changes no value."""
        name = batch.sensor_id
        if not batch.time or (name not in self._latest and len(self._latest) >= MAX_SENSORS):
            return
        self.filled.set()
        self._rates.setdefault(name, Rate()).count(len(batch.time), self._now_ns())
        shown = self._latest.get(name)
        if shown is None or batch.time[-1] >= shown.time[-1]:
            self._latest[name] = batch

    def note_event(self, event: Event) -> None:
        """Show `event` as the last one."""
        self._last_event = printable(
            f"{event.severity.value} {event.service}/{event.subject_id}: {event.text}"
        )

    def note_services(self, alive: int, expected: int) -> None:
        """Show how many services are alive."""
        self._services = f"{alive} of {expected} alive"

    def note_console(self, address: str) -> None:
        """Show where the console is."""
        self._console = address

    def picture(self, max_rows: int | None = None) -> Picture:
        """Return what to show now, sensors by name, at most `max_rows` of them."""
        now = self._now_ns()
        names = sorted(self._latest)
        shown = names if max_rows is None else names[: max(max_rows, 0)]
        return Picture(
            site=self._site,
            bus_url=self._bus_url,
            sensors=len(names),
            rate=sum(rate.per_second(now) for rate in self._rates.values()),
            services=self._services,
            last_event=self._last_event,
            rows=[self._row(name, now) for name in shown],
            hidden=len(names) - len(shown),
            console=self._console,
        )

    def _row(self, name: str, now: int) -> Row:
        batch = self._latest[name]
        return Row(
            sensor=name,
            value=batch.value[-1],
            unit=printable(batch.unit),
            quality=batch.quality[-1],
            flags=self._flag_names(batch.flags[-1]),
            age_seconds=max(0.0, (now - batch.time[-1]) / _SECOND_NS),
            rate=self._rates[name].per_second(now),
            simulated=batch.origin is Origin.SIMULATED,
        )


class Rate:
    """Counts per second over the last WINDOW_SECONDS, in whole ticks of a quarter second.

    The tick that still runs is left out: with it, a sensor read once a second would show 0.8 as often as 1.0.
    """

    def __init__(self) -> None:
        self._ticks: deque[tuple[int, int]] = deque(maxlen=_TICKS + 1)
        self._first_tick: int | None = None

    def count(self, number: int, now_ns: int) -> None:
        """Add `number` at `now_ns`."""
        tick = now_ns // _TICK_NS
        if self._first_tick is None:
            self._first_tick = tick
        if self._ticks and self._ticks[-1][0] == tick:
            number += self._ticks.pop()[1]
        self._ticks.append((tick, number))

    def per_second(self, now_ns: int) -> float:
        """Return the present rate; in the first seconds over the time there has been, at least one second."""
        if self._first_tick is None:
            return 0.0
        present = now_ns // _TICK_NS
        total = sum(number for tick, number in self._ticks if present - _TICKS <= tick < present)
        ticks = min(_TICKS, max(_SECOND_NS // _TICK_NS, present - self._first_tick))
        return total / (ticks * _TICK_NS / _SECOND_NS)
