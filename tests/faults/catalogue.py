"""The faults: what is done to which part, and for how long."""

import asyncio
import resource
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from integrations.bus import Bus

from .processes import Process
from .servers import Server
from .site import Site, Ways
from .stepped import set_clock

NOISE = bytes(64 * 1024)
NOISE_BYTES = 96 * 1024 * 1024
"""More than the 64 MiB after which nats-server hangs up on who does not read."""
Act = Callable[[Site, float], Awaitable[None]]


KINDS = ("killed", "stopped", "restarted", "cut off", "on a line gone silent")
"""What is done to every part; all else is done to some."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault; `seconds` are the least and the most that it lasts, `parts` what it touches."""

    target: str
    kind: str
    act: Act
    seconds: tuple[float, float] = (0.5, 3.0)
    parts: frozenset[str] = field(default_factory=frozenset)
    replicated: bool | None = None
    """Only with (or only without) replicated streams; None for both."""
    event: str = ""
    """Kind of the event that has to tell of it."""

    @property
    def name(self) -> str:
        """What was done to whom."""
        return f"{self.target} {self.kind}"


async def _killed(process: Process, seconds: float, how: signal.Signals = signal.SIGKILL) -> None:
    await process.end(how)
    await asyncio.sleep(seconds)
    await process.start()


async def _frozen(process: Process, seconds: float) -> None:
    process.freeze()
    await asyncio.sleep(seconds)
    process.thaw()


async def _cut_off(ways: Ways, seconds: float) -> None:
    await ways.stop()
    await asyncio.sleep(seconds)
    await ways.start()


async def _lost_way(ways: Ways, seconds: float) -> None:
    ways.hold(True)
    await asyncio.sleep(seconds)
    ways.hold(False)


async def _device_silent(site: Site, seconds: float) -> None:
    site.device_line.silent = True
    await asyncio.sleep(seconds)
    site.device_line.silent = False


@asynccontextmanager
async def bus_away(site: Site) -> AsyncIterator[None]:
    """Take every nats-server away."""
    await asyncio.gather(*(server.end() for server in site.servers))
    try:
        yield
    finally:
        await asyncio.gather(*(server.start() for server in site.servers))


async def _bus_away(site: Site, seconds: float) -> None:
    async with bus_away(site):
        await asyncio.sleep(seconds)


async def _killed_while_bus_away(site: Site, seconds: float) -> None:
    async with bus_away(site):
        await asyncio.sleep(seconds)
        await site.acquisition.end()
        await site.acquisition.start()
        await asyncio.sleep(seconds / 2)


@contextmanager
def _no_room(process: Process) -> Iterator[None]:
    """Let no file of a process grow."""
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


async def _disk_full(site: Site, seconds: float) -> None:
    with _no_room(site.acquisition):
        async with bus_away(site):
            await asyncio.sleep(seconds)
        await asyncio.sleep(1.0)


async def _bus_disk_full(site: Site, seconds: float) -> None:
    """A nats-server does not go on by itself once there is room again."""
    with _no_room(site.servers[0]):
        await asyncio.sleep(seconds)
    await _killed(site.servers[0], 0.0, signal.SIGTERM)


async def _clock_step(clock: Path, seconds: float) -> None:
    """Set the clock of a service ahead, then back."""
    for offset in (30.0, -5.0, 3600.0, 0.0):
        set_clock(clock, offset)
        await asyncio.sleep(seconds / 4)


async def _slow_consumer(site: Site, seconds: float) -> None:
    """Subscribe to everything, read nothing, and be sent more than a server keeps for anybody."""
    client = site.bus.client
    reader, writer = await asyncio.open_connection("127.0.0.1", client.connected_url.port, limit=1)
    writer.write(b'CONNECT {"verbose":false,"name":"slow"}\r\nSUB > 1\r\n')
    await writer.drain()
    await asyncio.sleep(seconds / 2)
    for _ in range(NOISE_BYTES // len(NOISE)):
        await client.publish("gl.noise", NOISE)
    await client.flush()
    await asyncio.sleep(seconds / 2)
    del reader
    writer.close()


async def leader_of(bus: Bus, stream: str) -> str:
    """Return the name of the server that leads a stream."""
    return str((await bus.api(f"STREAM.INFO.{stream}"))["cluster"]["leader"])


async def _leader_killed(site: Site, seconds: float) -> None:
    leader = await leader_of(site.bus, "CLEAN")
    await _killed(next(each for each in site.servers if each.name == leader), seconds)


def _service_faults(name: str, process: Callable[[Site], Process], longest: float) -> list[Fault]:
    def line(site: Site) -> Ways:
        return site.lines[process(site).name]

    part = frozenset({name})
    acts: tuple[tuple[Act, float, float], ...] = (
        (lambda site, s: _killed(process(site), s), 0.0, 2.0),
        (lambda site, s: _frozen(process(site), s), 1.0, longest),
        (lambda site, s: _killed(process(site), s, signal.SIGTERM), 0.0, 1.0),
        (lambda site, s: _cut_off(line(site), s), 0.5, longest),
        (lambda site, s: _lost_way(line(site), s), 1.0, longest),
    )
    return [
        Fault(name, kind, act, (least, most), part)
        for kind, (act, least, most) in zip(KINDS, acts, strict=True)
    ]


def _server_faults(name: str, *, replicated: bool) -> list[Fault]:
    """Of three servers each has its turn."""

    def server(site: Site) -> Server:
        return site.servers[next(site.turns)]

    def ways(site: Site) -> Ways:
        return site.ways_to(next(site.turns))

    acts: tuple[Act, ...] = (
        lambda site, s: _killed(server(site), s),
        lambda site, s: _frozen(server(site), s),
        lambda site, s: _killed(server(site), s, signal.SIGTERM),
        lambda site, s: _cut_off(ways(site), s),
        lambda site, s: _lost_way(ways(site), s),
    )
    return [
        Fault(name, kind, act, (1.0, 5.0), BUS, replicated) for kind, act in zip(KINDS, acts, strict=True)
    ]


def _clock_fault(name: str, process: Callable[[Site], Process]) -> Fault:
    def act(site: Site, seconds: float) -> Awaitable[None]:
        return _clock_step(site.clocks[process(site).name], seconds)

    return Fault(name, "clock steps", act, (2.0, 4.0), frozenset({name}))


DEVICE, BUS, ACQUISITION = frozenset({"device"}), frozenset({"bus"}), frozenset({"acquisition", "bus"})

FAULTS = [
    Fault("device", "killed", lambda site, s: _killed(site.device, s), parts=DEVICE),
    Fault("device", "stopped", lambda site, s: _frozen(site.device, s), parts=DEVICE),
    Fault("device", "restarted", lambda site, s: _killed(site.device, s, signal.SIGTERM), parts=DEVICE),
    Fault("device", "cut off", lambda site, s: _cut_off(Ways([site.device_line]), s), parts=DEVICE),
    Fault("device", "on a line gone silent", _device_silent, parts=DEVICE),
    *_service_faults("acquisition", lambda site: site.acquisition, 4.0),
    *_service_faults("transformation", lambda site: site.transformations[0], 8.0),
    *_service_faults("other transformation", lambda site: site.transformations[1], 8.0),
    *_service_faults("coordination", lambda site: site.coordinations[0], 6.0),
    *_service_faults("agent", lambda site: site.agents[0], 6.0),
    *_server_faults("nats-server", replicated=False),
    *_server_faults("one of three servers", replicated=True),
    Fault("nats-server", "with a full disk, then restarted", _bus_disk_full, (2.0, 5.0), BUS, False),
    Fault("all three servers", "killed", _bus_away, (1.0, 5.0), BUS, True),
    Fault("leader of CLEAN", "killed", _leader_killed, (1.0, 5.0), BUS, True),
    Fault("acquisition", "killed, bus away", _killed_while_bus_away, (1.0, 3.0), ACQUISITION),
    Fault(
        "acquisition", "with a full disk, bus away", _disk_full, (2.0, 4.0), ACQUISITION,
        event="outbox_disk_trouble",
    ),
    Fault("bus", "with a slow consumer", _slow_consumer, (2.0, 5.0), BUS),
    _clock_fault("acquisition", lambda site: site.acquisition),
    _clock_fault("transformation", lambda site: site.transformations[0]),
    _clock_fault("coordination", lambda site: site.coordinations[0]),
]  # fmt: skip
