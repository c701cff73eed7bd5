"""The instances of a site as they are now: each asked for its health and its counts."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from integrations.bus import Bus, JetStreamUnavailableError
from integrations.messages import Health, HealthState, MessageError, Metrics, decode
from integrations.resilience import CircuitState
from integrations.runtime.discovery import Found

ANSWER_SECONDS = 3.0
AT_ONCE = 32

Answer = TypeVar("Answer", bound=msgspec.Struct)


@dataclass(frozen=True)
class Instance:
    """One instance; `health` and `metrics` are None where it was found and then did not answer."""

    found: Found
    health: Health | None = None
    metrics: Metrics | None = None
    clock_offset_seconds: float | None = None
    """How far its clock is before ours: the least that it can be, as long as the answer took."""

    @property
    def name(self) -> str:
        """Service and instance, as an operator says it."""
        return f"{self.found.service}/{self.found.instance}"

    @property
    def state(self) -> str:
        """Its health in one word."""
        return self.health.state.value if self.health else "silent"

    @property
    def well(self) -> bool:
        """Whether there is nothing to do about it."""
        return self.state == HealthState.HEALTHY

    @property
    def waiting(self) -> int | None:
        """Messages that it has still to work on or to send: the lag; None where it has no such queue."""
        counts = self.metrics.counts if self.metrics else {}
        known = [int(counts[key]) for key in ("consumer_pending", "outbox_depth") if key in counts]
        return sum(known) if known else None

    @property
    def open_circuits(self) -> list[str]:
        """Devices whose breaker is not closed."""
        devices = self.health.devices if self.health else []
        closed = CircuitState.CLOSED.value
        return [device.device_id for device in devices if device.circuit and device.circuit.state != closed]

    @property
    def troubles(self) -> list[str]:
        """What is wrong, in its own words."""
        if self.health is None:
            return ["was found on the bus, and does not answer"]
        return [*self.health.troubles]


def facts_of(one: Instance) -> dict[str, Any]:
    """Return an instance as plain values."""
    devices = one.health.devices if one.health else []
    return {
        "site": one.found.site,
        "service": one.found.service,
        "instance": one.found.instance,
        "version": one.found.version,
        "state": one.state,
        "uptime_seconds": one.health.uptime_seconds if one.health else None,
        "devices": len(devices),
        "devices_connected": sum(device.state == "connected" for device in devices),
        "open_circuits": one.open_circuits,
        "waiting": one.waiting,
        "troubles": one.troubles,
    }


async def ask_all(
    bus: Bus, found: Sequence[Found], *, answer_seconds: float = ANSWER_SECONDS
) -> list[Instance]:
    """Return how each of `found` is, asked together."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(each: Found) -> Instance:
        async with places:
            return await _ask(bus, each, answer_seconds)

    return list(await asyncio.gather(*map(one, found)))


async def _ask(bus: Bus, found: Found, answer_seconds: float) -> Instance:
    asked = time.time_ns()
    health = await _answer(bus, found.subject("health"), Health, answer_seconds)
    answered = time.time_ns()
    metrics = await _answer(bus, found.subject("metrics"), Metrics, answer_seconds) if health else None
    offset = offset_of(health.time, asked, answered) if health else None
    return Instance(found, health, metrics, offset)


def offset_of(told_ns: int, asked_ns: int, answered_ns: int) -> float:
    """Return by how many seconds a clock is off for sure that said `told_ns` between two times of ours."""
    return (max(0, told_ns - answered_ns) - max(0, asked_ns - told_ns)) / 1e9


async def _answer(bus: Bus, subject: str | None, kind: type[Answer], answer_seconds: float) -> Answer | None:
    if subject is None:
        return None
    try:
        return decode(await bus.request(subject, timeout_seconds=answer_seconds), kind)
    except (JetStreamUnavailableError, MessageError):
        return None
