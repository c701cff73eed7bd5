"""A whole run: site up, faults, everything settled, and what became of it all."""

import asyncio
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .account import Account, account_of
from .office import Dealings
from .schedule import Course, Schedule
from .site import Site, Size
from .watch import Watch

START_SECONDS = 90.0
SETTLE_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """What a run is to be."""

    seed: int
    seconds: float
    size: Size
    replicated: bool
    only: str = ""
    keep: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """A run, and what it came to."""

    seed: int
    replicated: bool
    seconds: float
    account: Account
    course: Course
    watch: Watch
    flooded: tuple[int, int, int, int]
    """Flood: acknowledged good and junk batches, clean samples and dead letters."""
    ages: list[float]
    """Seconds from the device to the reader of each sample that came while nothing was wrong, sorted."""
    dealings: Dealings

    @property
    def passed(self) -> bool:
        """Whether all invariants held."""
        good, junk, clean, dead = self.flooded
        return (
            self.account.faultless
            and not self.untold
            and not self.course.failures
            and self.watch.bounded
            and self.dealings.faultless
            and (good, junk) == (clean, dead)
        )

    @property
    def untold(self) -> list[str]:
        """Faults that an event should tell of, and none did."""
        return [
            fault.name for fault in self.course.done if fault.event and not self.account.events[fault.event]
        ]


async def run(plan: Plan, say: Callable[[str], None]) -> Outcome:
    """Do one run in a folder of its own, or in the one that is kept."""
    with tempfile.TemporaryDirectory(prefix="gl003-faults-") as scratch:
        folder = plan.keep or Path(scratch)
        watch = Watch()
        async with Site(folder, plan.size, replicated=plan.replicated) as site:
            await _until(lambda: site.caught_up({}), START_SECONDS)
            schedule = Schedule(site, plan.seed, say, plan.only)
            watching = asyncio.create_task(watch.run(site))
            office = asyncio.create_task(site.office.run())
            began = time.monotonic()
            try:
                await schedule.run(plan.seconds)
            finally:
                watching.cancel()
            took = time.monotonic() - began
            await settle(site)
            site.office.enough()
            clean, dead = await schedule.flood.settled(site)
            dealings = await site.office.settled()
            if office.done():
                office.result()
            office.cancel()
            account = await account_of(site)
            return Outcome(
                plan.seed, plan.replicated, took, account, schedule.course, watch,
                (schedule.flood.good, schedule.flood.junk, clean, dead),
                _well(site.clean.ages, schedule.course.troubled), dealings,
            )  # fmt: skip


async def settle(site: Site) -> None:
    """End the acquisition, and wait until all that it has taken is clean."""
    await site.acquisition.end(signal.SIGTERM)
    site.numbers.look()
    await _until(lambda: site.caught_up(site.numbers.last), SETTLE_SECONDS)


async def _until(check: Callable[[], bool], seconds: float) -> None:
    """Wait, but not for ever: what is missing then is in the account."""
    deadline = time.monotonic() + seconds
    while not check() and time.monotonic() < deadline:  # noqa: ASYNC110  # nothing here can be awaited
        await asyncio.sleep(0.05)


def _well(ages: list[tuple[float, float]], troubled: list[tuple[float, float]]) -> list[float]:
    spans = iter(sorted(troubled))
    began, ended = next(spans, (float("inf"), float("inf")))
    found = []
    for at, age in ages:
        while at > ended:
            began, ended = next(spans, (float("inf"), float("inf")))
        if at < began:
            found.append(age)
    return sorted(found)
