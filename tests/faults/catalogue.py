"""The faults: what is done to which part, and for how long."""

import asyncio
import resource
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from integrations.bus import Bus

from .processes import Process
from .site import Line, Site
from .stepped import set_clock

Act = Callable[[Site, float], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """One kind of fault; `seconds` are the least and the most that it lasts, `parts` what it touches."""

    name: str
    act: Act
    seconds: tuple[float, float] = (0.5, 3.0)
    parts: frozenset[str] = field(default_factory=frozenset)
    replicated: bool | None = None
    """Only with (or only without) replicated streams; None for both."""


async def _killed(process: Process, seconds: float, how: signal.Signals = signal.SIGKILL) -> None:
    await process.end(how)
    await asyncio.sleep(seconds)
    await process.start()


async def _frozen(process: Process, seconds: float) -> None:
    process.freeze()
    await asyncio.sleep(seconds)
    process.thaw()


async def _cut_off(line: Line, seconds: float) -> None:
    await line.stop()
    await asyncio.sleep(seconds)
    await line.start()


async def _lost_way(line: Line, seconds: float) -> None:
    line.hold(True)
    await asyncio.sleep(seconds)
    line.hold(False)


async def _device_silent(site: Site, seconds: float) -> None:
    site.device_line.silent = True
    await asyncio.sleep(seconds)
    site.device_line.silent = False


async def _device_cut_off(site: Site, seconds: float) -> None:
    await site.device_line.stop()
    await asyncio.sleep(seconds)
    await site.device_line.start()


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


async def _disk_full(site: Site, seconds: float) -> None:
    """Let no file of the acquisition service grow, while the bus is away."""
    process, size = site.acquisition, 64 * 1024
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    async with bus_away(site):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, before[1]))
        await asyncio.sleep(seconds)
    await asyncio.sleep(1.0)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


async def _clock_step(site: Site, seconds: float) -> None:
    """Set the clock of the acquisition service ahead, then back."""
    for offset in (30.0, -5.0, 3600.0, 0.0):
        set_clock(site.clock, offset)
        await asyncio.sleep(seconds / 4)


async def _slow_consumer(site: Site, seconds: float) -> None:
    """Subscribe to everything and read nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.servers[0].port, limit=1)
    writer.write(b'CONNECT {"verbose":false,"name":"slow"}\r\nSUB gl.> 1\r\nSUB > 2\r\n')
    await writer.drain()
    await asyncio.sleep(seconds)
    del reader
    writer.close()


async def leader_of(bus: Bus, stream: str) -> str:
    """Return the name of the server that leads a stream."""
    return str((await bus.api(f"STREAM.INFO.{stream}"))["cluster"]["leader"])


async def _leader_killed(site: Site, seconds: float) -> None:
    leader = await leader_of(site.bus, "CLEAN")
    await _killed(next(each for each in site.servers if each.name == leader), seconds)


def _service_faults(name: str, process: Callable[[Site], Process], longest: float) -> list[Fault]:
    def line(site: Site) -> Line:
        return site.lines[process(site).name]

    part = frozenset({name})
    return [
        Fault(f"{name} killed", lambda site, s: _killed(process(site), s), (0.0, 2.0), part),
        Fault(
            f"{name} restarted", lambda site, s: _killed(process(site), s, signal.SIGTERM), (0.0, 1.0), part
        ),
        Fault(f"{name} stopped", lambda site, s: _frozen(process(site), s), (1.0, longest), part),
        Fault(f"{name} cut off from the bus", lambda site, s: _cut_off(line(site), s), (0.5, longest), part),
        Fault(
            f"{name} on a line gone silent", lambda site, s: _lost_way(line(site), s), (1.0, longest), part
        ),
    ]


DEVICE, BUS, ACQUISITION = frozenset({"device"}), frozenset({"bus"}), frozenset({"acquisition", "bus"})

FAULTS = [
    Fault("device killed", lambda site, s: _killed(site.device, s), parts=DEVICE),
    Fault("device stopped", lambda site, s: _frozen(site.device, s), parts=DEVICE),
    Fault("device cut off", _device_cut_off, parts=DEVICE),
    Fault("device silent", _device_silent, parts=DEVICE),
    *_service_faults("acquisition", lambda site: site.acquisition, 4.0),
    *_service_faults("transformation", lambda site: site.transformations[0], 8.0),
    *_service_faults("other transformation", lambda site: site.transformations[1], 8.0),
    *_service_faults("coordination", lambda site: site.coordinations[0], 6.0),
    *_service_faults("agent", lambda site: site.agents[0], 6.0),
    Fault("bus away", _bus_away, (1.0, 5.0), BUS),
    Fault("bus away, acquisition killed", _killed_while_bus_away, (1.0, 3.0), ACQUISITION),
    Fault("bus away, disk full", _disk_full, (2.0, 4.0), ACQUISITION),
    Fault("nats-server stopped", lambda site, s: _frozen(site.servers[0], s), (1.0, 5.0), BUS),
    Fault(
        "nats-server restarted", lambda site, s: _killed(site.servers[0], s, signal.SIGTERM), (0.0, 2.0), BUS
    ),
    Fault("one of three servers killed", lambda site, s: _killed(site.servers[1], s), (1.0, 5.0), BUS, True),
    Fault("leader of CLEAN killed", _leader_killed, (1.0, 5.0), BUS, True),
    Fault("slow consumer", _slow_consumer, (2.0, 5.0), BUS),
    Fault("clock steps", _clock_step, (2.0, 4.0), frozenset({"acquisition"})),
]
