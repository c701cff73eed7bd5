"""A site of processes with a fault proxy on every line."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Self

from fakes.relay import Relay
from fakes.site import ROOT
from integrations.bus import Bus, BusSettings, agent_stream_configs, ensure_streams, stream_configs
from integrations.bus.streams import StreamSettings

from .device import Numbers
from .office import Office
from .ports import free_ports
from .processes import Process
from .reader import CleanReader, RawReader, forever
from .servers import Routes, Server, cluster, single
from .stepped import set_clock

SITE = "faults"
AGENTS = ("GL-903", "GL-904")
STORAGE_BYTES = 1024**3
OUTBOX_BYTES = 1024**3


@dataclass(frozen=True)
class Size:
    """How much the site measures."""

    units: int = 6
    values: int = 5
    rate_hz: float = 10.0

    @property
    def readings_per_second(self) -> float:
        """Values read in a second."""
        return self.units * self.values * self.rate_hz


class Ways:
    """Proxies that are opened and closed together."""

    def __init__(self, relays: list[Relay]) -> None:
        self.relays = relays

    async def start(self) -> None:
        """Let everything pass."""
        for relay in self.relays:
            await relay.start()

    async def stop(self) -> None:
        """Hang up, and refuse whoever comes."""
        for relay in self.relays:
            await relay.stop()

    def hold(self, wanted: bool) -> None:
        """Let nothing pass and hang up on nobody, as a network does that has lost its way."""
        for relay in self.relays:
            relay.silent = relay.deaf = wanted


class Line(Ways):
    """A service's connections to the nats-servers, through a proxy each."""

    def __init__(self, servers: list[Server]) -> None:
        super().__init__([Relay(server.port) for server in servers])

    @property
    def url(self) -> str:
        """What the service is told."""
        return ",".join(f"nats://127.0.0.1:{relay.port}" for relay in self.relays)


class Site:
    """Everything started, streams made, and two readers that look at what arrives."""

    def __init__(
        self, folder: Path, size: Size, *, replicated: bool, outbox_bytes: int = OUTBOX_BYTES
    ) -> None:
        self.size = size
        self.replicated = replicated
        self.clocks: dict[str, Path] = {}
        self.numbers = Numbers(folder / "numbers")
        self.routes = Routes() if replicated else None
        self.servers = cluster(folder, self.routes) if self.routes else single(folder)
        self.turns = cycle(range(len(self.servers)))
        """Whose turn it is to fail, of the servers."""
        self.device_line = Relay(0)
        self.device_troubles: list[tuple[int, int]] = []
        """When the device or its line was at fault, and a moment longer, UTC ns."""
        self.lines: dict[str, Line] = {}
        self._folder = folder
        self._outbox_bytes = outbox_bytes
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def processes(self) -> list[Process]:
        """Every part that is a process."""
        services = [self.acquisition, *self.transformations, *self.coordinations, *self.agents]
        return [*self.servers, self.device, *services]

    def ways_to(self, server: int) -> Ways:
        """Return all that leads to a server: from services, and from the other servers."""
        routes = self.routes.of(server) if self.routes else []
        return Ways([*(line.relays[server] for line in self.lines.values()), *routes])

    async def _start(self) -> None:
        if self.routes:
            await self.routes.start()
            self._stack.push_async_callback(self.routes.stop)
        await asyncio.gather(*(server.start() for server in self.servers))
        for server in self.servers:
            self._stack.push_async_callback(server.end)
        await self._start_device()
        bus = Bus(
            BusSettings(url=",".join(server.url for server in self.servers)), name="faults", attempts=50
        )
        self.bus = await self._stack.enter_async_context(bus)
        self.streams = StreamSettings(storage_bytes=STORAGE_BYTES, replicas=3 if self.replicated else 1)
        declared = [*stream_configs(self.streams, SITE), *agent_stream_configs(self.streams)]
        await ensure_streams(self.bus, declared, attempts=50)
        self.clean, self.raw = CleanReader(self.bus, SITE), RawReader(self.bus, SITE)
        reading = asyncio.create_task(forever(self.clean, self.raw))
        self._stack.callback(reading.cancel)
        (self._folder / "plant.toml").write_text(self._plant())
        self.acquisition = await self._service("steam_meter", "acquisition")
        self.transformations = [
            await self._service("transformation", f"transformation {name}") for name in ("a", "b")
        ]
        self.coordinations = [
            await self._service("coordination", f"coordination {name}") for name in ("a", "b")
        ]
        logs = [self._folder / f"{agent_id}.notes" for agent_id in AGENTS]
        self.agents = [
            await self._behind_a_line(agent_id, ["faults.agents", agent_id, log])
            for agent_id, log in zip(AGENTS, logs, strict=True)
        ]
        self.office = Office(self.bus, SITE, list(AGENTS), logs)

    async def _start_device(self) -> None:
        (port,) = free_ports(1)
        self.device_line = Relay(port)
        await self._stack.enter_async_context(self.device_line)
        options = ["--port", port, "--units", self.size.units, "--values", self.size.values]
        command = [sys.executable, "-m", "faults.device", *options, "--log", self._folder / "numbers"]
        self.device = Process("device", command, self._folder / "device.log", self._environment())
        await self.device.start()
        self._stack.push_async_callback(self.device.end)

    async def _service(self, service: str, name: str) -> Process:
        clock = self.clocks[name] = self._folder / f"{name}.clock"
        set_clock(clock, 0.0)
        command = ["faults.stepped", clock, f"services.{service}", "--config", self._folder / "plant.toml"]
        return await self._behind_a_line(name, command)

    async def _behind_a_line(self, name: str, module: list[object]) -> Process:
        line = self.lines[name] = Line(self.servers)
        await line.start()
        self._stack.push_async_callback(line.stop)
        command = [sys.executable, "-m", *module]
        instance = name.replace(" ", "-")
        environment = self._environment(NATS_URL=line.url, INSTANCE=instance)
        process = Process(name, command, self._folder / f"{instance}.log", environment)
        await process.start()
        self._stack.push_async_callback(process.end)
        return process

    def _environment(self, **more: str) -> dict[str, str]:
        own = {
            "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}",
            "OUTBOX_FOLDER": str(self._folder / "outbox"),
            "OUTBOX_MAX_BYTES": str(self._outbox_bytes),
            "LOG_LEVEL": "INFO",
            "LOG_FORMAT": "json",
        }
        return {**os.environ, **own, **more}

    def _plant(self) -> str:
        names = ["flow_rate", *(f"value_{at:03}" for at in range(1, self.size.values))]
        registers = "\n".join(
            f'{name} = {{ address = {2 * at}, type = "uint32", unit = "" }}' for at, name in enumerate(names)
        ).replace('unit = ""', 'unit = "t/hr"', 1)
        head = f"""
            site = "{SITE}"
            [streams]
            storage_bytes = {STORAGE_BYTES}
            replicas = {self.streams.replicas}
            [defaults]
            timeout_seconds = 0.5
            retry_delay_seconds = 0.1
            max_retries = 0
            circuit_failure_threshold = 5
            circuit_timeout_seconds = 1.0
        """
        meters = [
            f"""
            [[steam_meter]]
            meter_id = "unit_{unit:03}"
            host = "127.0.0.1"
            port = {self.device_line.port}
            slave_address = {unit}
            sampling_rate_hz = {self.size.rate_hz}
            enable_totalizer = false
            [steam_meter.register_map]
            {registers}
            """
            for unit in range(1, self.size.units + 1)
        ]
        return "\n".join([head, *meters])

    def caught_up(self, numbers: dict[int, int]) -> bool:
        """Whether all sensors of every unit have shown these numbers, or later ones."""
        return all(
            self.clean.last(unit, self.size.values) >= numbers.get(unit, 1)
            for unit in range(1, self.size.units + 1)
        )
