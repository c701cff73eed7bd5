"""From the device to a subscriber of clean messages: farm, bus, services and subscriber on one machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvloop

from .modbus_farm import running_farm
from .report import Figure
from .rig import Received, Service, bus_on, clean_subscriber, plant_toml, service_on

VALUES = 50
"""float32 values of each unit: 100 registers, one request."""
UNITS = 100
LADDER_HZ = (8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 32, 36, 40)
"""Polls a second of each unit: 40,000 to 200,000 readings a second."""
START_HZ = 20
SETTLE_SECONDS = 5.0
ALLOWED_LOSS = 0.02
"""Grid points that may be missed while a rate still counts as held."""


@dataclass(frozen=True)
class Run:
    """What a run of the whole way came to; times in seconds."""

    nominal: float
    received: float
    ages: list[float]
    backlog_seconds: float
    """By how much what waits (for the transformation, in the outbox) grew, in seconds of readings."""
    cpu: dict[str, float]

    @property
    def held(self) -> bool:
        """Whether all came, and no backlog grew."""
        return self.received >= (1 - ALLOWED_LOSS) * self.nominal and self.backlog_seconds < 1.0

    def age_ms(self, share: float) -> float:
        """Return the age at which `share` of the samples had arrived."""
        return 1000 * self.ages[int(share * (len(self.ages) - 1))]


def latency(quick: bool) -> list[Figure]:
    """Time from a sample's own time to its receipt, at 1,000 readings a second."""
    seconds = 5.0 if quick else 20.0
    figures = []
    for units, values, rate_hz, what in (
        (10, 10, 10.0, "10 units × 10 values, 10 polls/s"),
        (20, 50, 1.0, "20 units × 50 values, all polled at the same moment each second"),
    ):
        run = uvloop.run(_run(units, values, rate_hz, seconds))
        for share in (0.5, 0.99):
            name = f"p{100 * share:.0f} at 1,000 readings/s: {what}"
            figures.append(Figure("latency", name, run.age_ms(share), "ms", note=_note(run)))
    return figures


def throughput(quick: bool) -> list[Figure]:
    """The highest rate that is held without backlog: up or down the ladder in short runs, then in full."""
    full = 5.0 if quick else 20.0
    figures = []
    for name, content_type in (("JSON", "application/json"), ("MessagePack", "application/msgpack")):
        run = _highest(full, content_type)
        what = f"highest rate held for {full:.0f} s, device → clean received, {name}"
        figures.append(
            Figure(
                "throughput",
                what,
                run.received if run.held else 0.0,
                "readings/s",
                "100,000",
                note=_note(run),
            )
        )
    return figures


def _highest(seconds: float, content_type: str) -> Run:
    """Return the run at the highest step of the ladder that is held, else at the lowest."""

    def run(step: int, duration: float) -> Run:
        return uvloop.run(_run(UNITS, VALUES, LADDER_HZ[step], duration, content_type))

    step = LADDER_HZ.index(START_HZ)
    while step + 1 < len(LADDER_HZ) and run(step, 5.0).held:
        step += 1
    while not (full := run(step, seconds)).held and step:
        step -= 1
    return full


def _note(run: Run) -> str:
    cores = ", ".join(f"{name} {share:.2f}" for name, share in run.cpu.items())
    return f"p50 {run.age_ms(0.5):.0f} ms, p99 {run.age_ms(0.99):.0f} ms; cores: {cores}"


async def _run(
    units: int, values: int, rate_hz: float, seconds: float, content_type: str = "application/json"
) -> Run:
    with running_farm(units, values, min(units, 10)) as farm:
        config = plant_toml(farm, rate_hz, content_type=content_type)
        async with _whole_way(config) as (received, services):
            await asyncio.sleep(SETTLE_SECONDS)
            received.ages_seconds.clear()
            begin, first = [await service.counts() for service in services], received.samples
            await asyncio.sleep(seconds)
            end, last = [await service.counts() for service in services], received.samples
    elapsed = end[0]["time"] - begin[0]["time"]
    waiting = [counts.get("consumer_pending", 0) + counts.get("outbox_depth", 0) for counts in (*begin, *end)]
    grown = sum(waiting[2:]) - sum(waiting[:2])
    return Run(
        nominal=units * values * rate_hz,
        received=(last - first) / elapsed,
        ages=sorted(received.ages_seconds) or [float("inf")],
        backlog_seconds=grown / (units * rate_hz),
        cpu={
            service.name: (after["cpu_seconds"] - before["cpu_seconds"]) / elapsed
            for service, before, after in zip(services, begin, end, strict=True)
        },
    )


@asynccontextmanager
async def _whole_way(config: str) -> AsyncIterator[tuple[Received, list[Service]]]:
    async with (
        bus_on(None) as bus,
        clean_subscriber(bus) as received,
        service_on("transformation", config, bus) as transformation,
        service_on("steam_meter", config, bus) as steam_meter,
    ):
        yield received, [transformation, steam_meter]
