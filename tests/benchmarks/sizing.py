"""How much a site of a size needs: simulated second by second, with the figures of `make bench` as inputs.

`make sizing` reads bench.json. What is simulated: sources fall into partitions and partitions to replicas by
the service's own rules; the bus is away for ten minutes, then drained as fast as outboxes drain; a replica is
killed and its partitions wait for the others. What is not: disks and networks slower than processors.
"""

import argparse
import json
import math
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from integrations.bus import OutboxSettings
from integrations.bus.members import LEASE_SECONDS
from integrations.messages import PARTITIONS, partition_of
from integrations.runtime.transformation.service import CHUNK_MESSAGES
from integrations.runtime.transformation.sharing import shares

from .rig import ROOT

SIZES = (1_000, 100_000, 10_000_000)
SENSORS_PER_SOURCE = 50
CALM = 0.6
"""Share of a core that everyday work may take: the rest is for catching up."""
OUTAGE_SECONDS = 600
CAUGHT_UP_SECONDS = 1800
"""After an outage, what had waited is to be clean within this time."""
CALM_SECONDS, AFTER_SECONDS = 300, 600
DAY_SECONDS = 86_400
SERVICES = 5
DRAIN = SERVICES * OutboxSettings().drain_per_second * SENSORS_PER_SOURCE
"""Readings a second that the outboxes of a cell's acquisition services send beside those of now."""


@dataclass(frozen=True)
class Costs:
    """CPU seconds for a reading or a message, and bytes, as measured."""

    acquire: float
    clean: float
    publish: float
    store_clean: float
    store_raw: float
    stored_a_second: float
    """Clean messages that one nats-server took from one publisher, by the clock on the wall."""
    clean_bytes: float
    raw_bytes: float

    @classmethod
    def measured(cls, path: Path) -> "Costs":
        """Read bench.json; the benchmarks acquisition, transformation and storing have to be in it."""
        figures = json.loads(path.read_text(encoding="utf-8"))["figures"]

        def value(benchmark: str, *words: str) -> float:
            found = [
                float(each["value"])
                for each in figures
                if each["benchmark"] == benchmark and all(word in each["what"] for word in words)
            ]
            if not found:
                sys.exit(f"{path} has no {' '.join((benchmark, *words))}: make bench ARGS='{benchmark}'")
            return min(found)

        return cls(
            acquire=1 / value("acquisition", "flat out"),
            clean=1 / value("transformation", "JSON in to JSON out", "100 sensors × 1,"),
            publish=1 / value("storing", "clean", ", publisher"),
            stored_a_second=value("storing", "clean", "one publisher"),
            store_clean=1 / value("storing", "clean", "nats-server"),
            store_raw=1 / value("storing", "raw", "nats-server"),
            clean_bytes=value("storing", "clean", "stored"),
            raw_bytes=value("storing", "raw", "stored") / SENSORS_PER_SOURCE,
        )


@dataclass(frozen=True)
class Course:
    """What came of a simulated hour."""

    busiest: float
    """Share of a core that the busiest replica takes on an ordinary day."""
    caught_up_seconds: float
    """From the end of the outage until nothing waited; infinite if never within the hour."""
    worst_delay_seconds: float
    """After a kill: the longest that a reading waited."""
    taken: float
    cleaned: float
    waiting: float


def simulate(
    costs: Costs, sensors: int, rate_hz: float, replicas: int, *, outage: int = OUTAGE_SECONDS
) -> Course:
    """Run a cell for an hour, with an outage of the bus and a kill in it."""
    cell = Cell(costs, sensors, rate_hz, replicas)
    begin = CALM_SECONDS
    killed = begin + outage + CAUGHT_UP_SECONDS
    busiest, worst, caught_up = 0.0, 0.0, math.inf
    for second in range(killed + AFTER_SECONDS):
        away = begin <= second < begin + outage
        cell.take(away)
        if second == killed:
            cell.kill()
        if second == killed + LEASE_SECONDS + 1:
            cell.share_anew()
        used = 0.0 if away else cell.work()
        busiest = max(busiest, used) if second < begin else busiest
        worst = max(worst, cell.behind) if second >= killed else worst
        if second >= begin + outage and caught_up == math.inf and cell.behind < 1.0 > sum(cell.outbox):
            caught_up = second - begin - outage
    return Course(busiest, caught_up, worst, cell.taken, cell.cleaned, sum(cell.waiting) + sum(cell.outbox))


class Cell:
    """Sources, outboxes, partitions and replicas around one bus."""

    def __init__(self, costs: Costs, sensors: int, rate_hz: float, replicas: int) -> None:
        self.taken = self.cleaned = 0.0
        self.waiting, self.outbox = [0.0] * PARTITIONS, [0.0] * PARTITIONS
        self._costs = costs
        self._load, self._sources = [0.0] * PARTITIONS, [0] * PARTITIONS
        for number in range(max(1, sensors // SENSORS_PER_SOURCE)):
            partition = partition_of("steam_meter", f"unit_{number}")
            self._load[partition] += min(sensors, SENSORS_PER_SOURCE) * rate_hz
            self._sources[partition] += 1
        self._members = {f"replica_{number:03}" for number in range(replicas)}
        self._owners = shares(self._members, {})

    @property
    def behind(self) -> float:
        """Seconds for which the reading that waits longest has waited, at the rate that it comes at."""
        pairs = zip(self.waiting, self._load, strict=True)
        return max((waiting / load for waiting, load in pairs if load), default=0.0)

    def take(self, away: bool) -> None:
        """Measure for a second; what the bus does not get waits in outboxes."""
        self.taken += sum(self._load)
        if away:
            self.outbox = [kept + load for kept, load in zip(self.outbox, self._load, strict=True)]
            return
        kept = sum(self.outbox)
        share = min(1.0, DRAIN / kept) if kept else 0.0
        for partition, load in enumerate(self._load):
            freed = share * self.outbox[partition]
            self.outbox[partition] -= freed
            self.waiting[partition] += load + freed

    def kill(self) -> None:
        """End a replica without a word; one that is alone is started again by whatever runs it."""
        if len(self._members) > 1:
            gone = min(self._members)
            self._members.remove(gone)
            self._owners = {p: "" if owner == gone else owner for p, owner in self._owners.items()}

    def share_anew(self) -> None:
        """Give what nobody has to those that are left."""
        held = {p: owner for p, owner in self._owners.items() if owner}
        self._owners = shares(self._members, held)

    def work(self) -> float:
        """Let each replica work for a second of one core; return what the busiest used of it."""
        most = 0.0
        for member in self._members:
            held = [p for p, owner in self._owners.items() if owner == member]
            used, done = self._worked(held)
            self.cleaned += done
            most = max(most, used)
        return most

    def _worked(self, held: list[int]) -> tuple[float, float]:
        """Return what a replica used of its core, and the readings that it cleaned.

        What has come together of a sensor goes out as one message: the longer it waited, the cheaper.
        """
        pending = sum(self.waiting[p] for p in held)
        if not pending:
            return 0.0, 0.0
        sources = max(1, sum(self._sources[p] for p in held))
        samples = max(1.0, min(pending / SENSORS_PER_SOURCE, CHUNK_MESSAGES) / sources)
        reading = self._costs.clean + self._costs.publish / samples
        done = min(pending, 1.0 / reading)
        for p in held:
            self.waiting[p] -= self.waiting[p] * done / pending
        return done * reading, done


@dataclass(frozen=True)
class Need:
    """What a number of sensors needs."""

    sensors: int
    cells: int
    cell_sensors: int
    acquisition: int
    replicas: int
    course: Course
    server_cores: float
    gib_a_day: float


def needed(costs: Costs, sensors: int, rate_hz: float) -> Need:
    """Divide into cells, each a bus of its own that stores a calm share of what it can; size one.

    A stream has one leader, whose work is not shared: that bounds a cell.
    """
    reading = costs.store_clean + costs.store_raw / SENSORS_PER_SOURCE
    most = CALM * min(1 / reading, costs.stored_a_second)
    cells = max(1, math.ceil(sensors * rate_hz / most))
    size = math.ceil(sensors / cells)
    replicas = 1
    while True:
        course = simulate(costs, size, rate_hz, replicas)
        calm = course.busiest <= CALM and course.caught_up_seconds <= CAUGHT_UP_SECONDS
        if calm or replicas == PARTITIONS:
            break
        replicas += 1
    bytes_a_day = size * rate_hz * (costs.clean_bytes + costs.raw_bytes) * DAY_SECONDS
    return Need(
        sensors,
        cells,
        size,
        math.ceil(size * rate_hz * costs.acquire / CALM),
        replicas,
        course,
        size * rate_hz * reading,
        bytes_a_day / 1024**3,
    )


def partitions_of(sensors: int) -> tuple[int, int]:
    """Return the fewest and the most sources that a partition has."""
    counts = Counter(
        partition_of("steam_meter", f"unit_{number}") for number in range(sensors // SENSORS_PER_SOURCE)
    )
    return min(counts.get(p, 0) for p in range(PARTITIONS)), max(counts.values(), default=0)


def main() -> None:
    """Print what each size needs."""
    parser = argparse.ArgumentParser("sizing", description=__doc__)
    parser.add_argument("--bench", type=Path, default=ROOT / "bench.json", help="figures of make bench")
    parser.add_argument("--rate", type=float, default=1.0, help="samples of a sensor in a second")
    options = parser.parse_args()
    if not options.bench.exists():
        sys.exit(f"{options.bench} is not there: make bench ARGS='acquisition transformation storing'")
    costs = Costs.measured(options.bench)
    table = Table(
        title=f"at {options.rate:g} samples a second of each sensor, {SENSORS_PER_SOURCE} sensors a source"
    )
    names = (
        "sensors",
        "cells",
        "sensors each",
        "acquisition cores",
        "transformation cores",
        "busiest",
        "caught up after",
    )
    for name in (*names, "kill: late by", "nats-server cores", "stored a day"):
        table.add_column(name, justify="right")
    for sensors in SIZES:
        need = needed(costs, sensors, options.rate)
        table.add_row(
            f"{need.sensors:,}",
            f"{need.cells:,}",
            f"{need.cell_sensors:,}",
            f"{need.acquisition}",
            f"{need.replicas}",
            f"{100 * need.course.busiest:.0f} %",
            f"{need.course.caught_up_seconds:.0f} s",
            f"{need.course.worst_delay_seconds:.0f} s",
            f"{need.server_cores:.2f}",
            f"{need.gib_a_day:,.1f} GiB",
        )
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
