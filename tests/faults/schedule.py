"""One run: faults in an order that a seed decides, now and then two at a time, and the recoveries."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from .catalogue import FAULTS, Fault
from .flood import Flood
from .site import Site

RECOVERY_SECONDS = 90.0
BEHIND_SECONDS = 1.0
"""Readings that are no older count as new."""
QUIET_SECONDS = (0.2, 0.8)
PAIR_SHARE = 0.5
SHARES = 4
DEVICE_SETTLES_NS = 2_000_000_000


@dataclass
class Course:
    """What was done, and how it went."""

    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds from the end of a fault until every unit's newer numbers were clean, by fault."""
    done: list[Fault] = field(default_factory=list)
    known: list[Fault] = field(default_factory=list)
    """What could have been done."""
    failures: list[str] = field(default_factory=list)
    troubled: list[tuple[float, float]] = field(default_factory=list)
    """From when until when something was wrong, monotonic."""


class Schedule:
    """Draws faults; every kind comes once before any comes again.

    A seed begins with every fourth of them: four seeds that follow each other have all.
    """

    def __init__(self, site: Site, seed: int, say: Callable[[str], None], only: str = "") -> None:
        self.course = Course()
        self.flood = Flood()
        self._site = site
        self._say = say
        self._chance = random.Random(seed)  # noqa: S311  # a test's course, no secret
        flood = Fault("bus", "with a flood of 10,000 batches", self.flood.act, parts=frozenset({"bus"}))
        self._known = self.course.known = [
            fault
            for fault in [*FAULTS, flood]
            if fault.replicated in {None, site.replicated} and only in fault.name
        ]
        first = self._known[seed % SHARES :: SHARES]
        rest = [fault for fault in self._known if fault not in first]
        self._deck = [
            *self._chance.sample(first, len(first)),
            *self._chance.sample(rest, len(rest)),
        ]

    async def run(self, seconds: float) -> None:
        """Do faults until the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await self._one(self._drawn())
            await asyncio.sleep(self._chance.uniform(*QUIET_SECONDS))

    def _drawn(self) -> list[Fault]:
        first = self._next(frozenset())
        others = any(fault.parts.isdisjoint(first.parts) for fault in self._known)
        if others and self._chance.random() < PAIR_SHARE:
            return [first, self._next(first.parts)]
        return [first]

    def _next(self, but: frozenset[str]) -> Fault:
        if not any(fault.parts.isdisjoint(but) for fault in self._deck):
            self._deck += self._chance.sample(self._known, len(self._known))
        fault = next(fault for fault in self._deck if fault.parts.isdisjoint(but))
        self._deck.remove(fault)
        return fault

    async def _one(self, faults: list[Fault]) -> None:
        began, began_ns = time.monotonic(), time.time_ns()
        spans = [self._chance.uniform(*fault.seconds) for fault in faults]
        names = " + ".join(f"{fault.name} {span:.1f} s" for fault, span in zip(faults, spans, strict=True))
        acts = [fault.act(self._site, span) for fault, span in zip(faults, spans, strict=True)]
        await asyncio.gather(*acts)
        if any("device" in fault.parts for fault in faults):
            self._site.device_troubles.append((began_ns, time.time_ns() + DEVICE_SETTLES_NS))
        seconds = await self._recovered()
        self.course.done += faults
        for fault in faults:
            self.course.recoveries[fault.name].append(seconds)
        if seconds == float("inf"):
            self.course.failures.append(names)
        self.course.troubled.append((began, time.monotonic()))
        self._say(f"{names}: back after {seconds:.1f} s")

    async def _recovered(self) -> float:
        """Wait until new numbers are clean and nothing is behind them; return how long that took."""
        began = time.monotonic()
        numbers, behind = self._site.numbers, round(BEHIND_SECONDS * self._site.size.rate_hz)
        numbers.look()
        wanted = {unit: number + 1 for unit, number in numbers.last.items()}
        while not self._site.caught_up(wanted):
            if time.monotonic() > began + RECOVERY_SECONDS:
                return float("inf")
            await asyncio.sleep(0.05)
            numbers.look()
            wanted = {
                unit: max(wanted.get(unit, 0), number - behind) for unit, number in numbers.last.items()
            }
        return time.monotonic() - began
