"""What benchmarks stand on: services as processes, a bus, pinned cores, counters read from outside."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time_ns

import msgspec
import psutil
from nats.aio.msg import Msg

from integrations.bus import Bus, BusSettings, EmbeddedServer, JetStreamUnavailableError, replay
from integrations.messages import ContentType, Header, Metrics, Subjects

from .modbus_farm import Farm

ROOT = Path(__file__).parents[2]
SITE = "bench"
INSTANCE = "bench"
START_SECONDS = 30.0
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
FIRST_CORE = frozenset(CORES[:1])
OTHER_CORES = frozenset(CORES[1:] or CORES)


@contextmanager
def pinned(cores: frozenset[int] | None) -> Iterator[None]:
    """Let the processes that are started inside run on `cores` only; None and where it cannot be, on all."""
    if not cores or not CORES:
        yield
        return
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


def plant_toml(
    farm: Farm, rate_hz: float, *, timeout_seconds: float = 1.0, content_type: str = "application/json"
) -> str:
    """Describe every unit of the farm as a steam meter with as many values as it holds."""
    words = {"uint16": 1, "float32": 2}[farm.type]
    names = ["flow_rate", *(f"value_{index:03}" for index in range(1, farm.registers))]
    units = ["t/hr", *[""] * (farm.registers - 1)]
    registers = "\n".join(
        f'{name} = {{ address = {words * index}, type = "{farm.type}", unit = "{unit}" }}'
        for index, (name, unit) in enumerate(zip(names, units, strict=True))
    )
    head = f"""
        site = "{SITE}"
        content_type = "{content_type}"
        [streams]
        storage_bytes = {1024**3}
        [defaults]
        timeout_seconds = {timeout_seconds}
    """
    meters = [
        f"""
        [[steam_meter]]
        meter_id = "unit_{unit:03}"
        host = "127.0.0.1"
        port = {port}
        slave_address = {unit}
        sampling_rate_hz = {rate_hz}
        enable_totalizer = false
        [steam_meter.register_map]
        """
        + registers
        for unit, port in farm.units
    ]
    return head + "\n".join(meters)


@asynccontextmanager
async def bus_on(cores: frozenset[int] | None) -> AsyncIterator[Bus]:
    """Run a nats-server of its own and be connected to it; its store goes with it."""
    with pinned(cores):
        server = await EmbeddedServer().__aenter__()
    try:
        async with Bus(BusSettings(url=server.url), name="benchmark") as bus:
            yield bus
    finally:
        await server.__aexit__(None, None, None)


@dataclass(frozen=True)
class Service:
    """A running service, seen from outside."""

    name: str
    bus: Bus
    process: psutil.Process

    async def counts(self) -> dict[str, float]:
        """Return its own counters, from its metrics endpoint, with the CPU seconds of its process."""
        subject = Subjects(SITE).service(self.name, INSTANCE, "metrics")
        data = await self.bus.request(subject, timeout_seconds=10.0)
        times = self.process.cpu_times()
        metrics = msgspec.json.decode(data, type=Metrics)
        return {**metrics.counts, "cpu_seconds": times.user + times.system, "time": metrics.time / 1e9}


@asynccontextmanager
async def service_on(
    name: str, config: str, bus: Bus, cores: frozenset[int] | None = None
) -> AsyncIterator[Service]:
    """Run `python -m services.<name>` and wait until it answers; it is asked to stop on leaving."""
    with tempfile.TemporaryDirectory(prefix="gl003-bench-") as folder:
        path = Path(folder, "plant.toml")
        path.write_text(config, encoding="utf-8")  # noqa: ASYNC240  # nothing else runs in this loop yet
        environment = {
            **os.environ,
            "NATS_URL": bus.settings.url or "",
            "INSTANCE": INSTANCE,
            "OUTBOX_FOLDER": folder,
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR"),
        }
        with pinned(cores):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", f"services.{name}", "--config", path, cwd=ROOT, env=environment
            )
        try:
            service = Service(name, bus, psutil.Process(process.pid))
            await _answers(service)
            yield service
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def _answers(service: Service) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                await service.counts()
            except JetStreamUnavailableError:
                await asyncio.sleep(0.1)
            else:
                return
            if not service.process.is_running() or service.process.status() == psutil.STATUS_ZOMBIE:
                raise RuntimeError(f"{service.name} ended before it answered")


async def stream_state(bus: Bus, stream: str) -> dict[str, int]:
    """Return the server's own account of a stream: `last_seq`, `messages`, `bytes`…"""
    return (await bus.api(f"STREAM.INFO.{stream}"))["state"]


@dataclass
class Received:
    """What a subscriber has had of CLEAN: samples, messages, and how old each sample was on arrival."""

    samples: int = 0
    messages: int = 0
    ages_seconds: list[float] = field(default_factory=list)


class _Times(msgspec.Struct):
    time: list[int]


@asynccontextmanager
async def clean_subscriber(bus: Bus) -> AsyncIterator[Received]:
    """Receive clean messages as any NATS client would, and count."""
    received = Received()
    times_of = {
        ContentType.JSON: msgspec.json.Decoder(_Times).decode,
        ContentType.MSGPACK: msgspec.msgpack.Decoder(_Times).decode,
    }

    async def on_message(message: Msg) -> None:
        now = time_ns()
        times = times_of[message.headers[Header.CONTENT_TYPE]](message.data).time
        received.messages += 1
        received.samples += len(times)
        received.ages_seconds += [(now - time) / 1e9 for time in times]

    subscription = await bus.client.subscribe(
        Subjects(SITE).every("clean"), cb=on_message, pending_msgs_limit=-1, pending_bytes_limit=-1
    )
    try:
        yield received
    finally:
        await subscription.unsubscribe()


class _Column(msgspec.Struct):
    time: list[int]


class _Instants(msgspec.Struct):
    columns: list[_Column]


async def _instants(bus: Bus, stream: str, after: int, up_to: int) -> int:
    """Count the polls in a stream of raw batches: each column of a batch has the time of every one."""
    decode = {
        ContentType.JSON: msgspec.json.Decoder(_Instants).decode,
        ContentType.MSGPACK: msgspec.msgpack.Decoder(_Instants).decode,
    }
    found = replay(bus, stream, f"gl.{SITE}.>", start_sequence=after + 1, stop_sequence=up_to)
    return sum(
        [
            len(decode[ContentType(each.headers[Header.CONTENT_TYPE])](each.data).columns[0].time)
            async for each in found
        ]
    )


async def rates(service: Service, seconds: float, stream: str) -> dict[str, float]:
    """Return what a service counts each second, over `seconds`; what is stored is counted in the stream."""
    begin, first = await service.counts(), await stream_state(service.bus, stream)
    await asyncio.sleep(seconds)
    end, last = await service.counts(), await stream_state(service.bus, stream)
    elapsed = end["time"] - begin["time"]
    found = {key: (end[key] - begin.get(key, 0)) / elapsed for key in end}
    stored = await _instants(service.bus, stream, first["last_seq"], last["last_seq"])
    found["stored"] = stored / elapsed
    found["messages"] = (last["last_seq"] - first["last_seq"]) / elapsed
    return found | {"outbox_growth": end.get("outbox_depth", 0) - begin.get("outbox_depth", 0)}
