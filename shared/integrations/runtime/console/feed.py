"""From the bus into the picture: readings, events, services, agents, tasks, collaborations."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog

from integrations.bus import (
    EVENTS,
    Bus,
    BusClosedError,
    BusError,
    listening,
    replay,
)
from integrations.coordination import Directory
from integrations.messages import Event, Header, MessageError, Subjects, decode
from integrations.runtime.console.collaborations import Collaborations
from integrations.runtime.console.fan_out import FanOut
from integrations.runtime.console.tasks import Tasks
from integrations.runtime.coordination.gl003.last_readings import LastReadings
from integrations.runtime.discovery import discover
from integrations.runtime.operations.expected import missing_services
from integrations.runtime.operations.instances import Instance, ask_all, facts_of
from integrations.runtime.plant.settings import Plant

log = structlog.get_logger(__name__)

EVENTS_SINCE = timedelta(hours=24)
SERVICES_SECONDS, AGENTS_SECONDS, TASKS_SECONDS, COLLABORATIONS_SECONDS = 1.0, 2.0, 1.0, 2.0
MAX_AGENTS = 500
SERVICES = "services"


class Feed:
    """Keeps a picture up to date; what has to be asked for is asked for while somebody looks."""

    def __init__(self, bus: Bus, plant: Plant, fan_out: FanOut) -> None:
        self.instances: list[Instance] = []
        """Those of the site, as they were last."""
        self._bus = bus
        self._plant = plant
        self._fan_out = fan_out
        self._troubles: dict[str, str] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run while entered."""
        readings = LastReadings(self._bus, self._plant.site, self._fan_out.take)
        directory, tasks = Directory(self._bus), Tasks(self._bus)
        collaborations = Collaborations(self._bus)
        works = {
            "readings": readings.follow(),
            "hand out": self._fan_out.hand_out(),
            "tasks": tasks.follow(),
            "services": self._again(SERVICES, self._look_at_services, SERVICES_SECONDS),
            "agents": self._again("agents", _telling(lambda: _agents(directory)), AGENTS_SECONDS),
            "shown tasks": self._again("tasks", _telling(tasks.newest), TASKS_SECONDS),
            "collaborations": self._again("collaborations", collaborations.newest, COLLABORATIONS_SECONDS),
        }
        every_event = Subjects(self._plant.site).every("event")
        async with directory.open(), listening(self._bus, every_event, self._on_event):
            await self._recall_events(every_event)
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(work, name=name) for name, work in works.items()]
                try:
                    yield
                finally:
                    for task in running:
                        task.cancel()

    def troubles(self) -> list[str]:
        """Return what every plant has and cannot be shown, in words; not every plant has agents."""
        trouble = self._troubles.get(SERVICES)
        return [f"{SERVICES} cannot be shown: {trouble}"] if trouble else []

    async def _again(self, topic: str, ask: Callable[[], Awaitable[Any]], seconds: float) -> None:
        """Show what `ask` says again and again, while somebody looks; its trouble where it cannot."""
        while True:
            await self._fan_out.watched.wait()
            try:
                async with asyncio.timeout(10 * max(1.0, seconds)):
                    self._fan_out.show(topic, {"list": await ask()})
                self._troubles.pop(topic, None)
            except BusClosedError:
                return
            except (BusError, TimeoutError) as error:
                if self._troubles.get(topic) != str(error):
                    log.warning("cannot be shown", topic=topic, reason=str(error))
                    self._troubles[topic] = str(error)
                self._fan_out.show(topic, {"list": [], "trouble": str(error) or "no answer from the bus"})
            await asyncio.sleep(seconds)

    async def _look_at_services(self) -> list[dict[str, Any]]:
        found = await ask_all(self._bus, await discover(self._bus))
        self.instances = [one for one in found if one.found.site == self._plant.site]
        missing = [
            {"service": name, "instance": "", "state": "missing", "troubles": ["no instance answers"]}
            for name in missing_services(self._plant, self.instances)
        ]
        return [*map(_shown, self.instances), *missing]

    def _on_event(self, _: str, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(MessageError):
            self._fan_out.take_event(decode(body, Event, headers.get(Header.CONTENT_TYPE)))

    async def _recall_events(self, subject: str) -> None:
        """Take what has happened lately; the picture keeps the newest of it."""
        start = datetime.now(UTC) - EVENTS_SINCE
        with contextlib.suppress(BusError, TimeoutError):
            async with asyncio.timeout(5.0):
                async for stored in replay(self._bus, EVENTS, subject, start_time=start):
                    self._on_event(stored.subject, stored.headers, stored.data)


def _telling(ask: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def told() -> Any:
        return ask()

    return told


def _agents(directory: Directory) -> list[Any]:
    return [msgspec.to_builtins(one) for one in directory.agents()[:MAX_AGENTS]]


def _shown(one: Instance) -> dict[str, Any]:
    devices = one.health.devices if one.health else []
    own = one.found.subject("reset_circuit") is not None
    return {
        **facts_of(one),
        "uptime_seconds": round(one.health.uptime_seconds) if one.health else None,
        "can_reset": own,
        "devices": [msgspec.to_builtins(device) for device in devices],
    }
