"""What storing costs: one nats-server, raw messages of many values and clean ones of one sample each."""

import asyncio
import time
from collections.abc import Callable

import psutil
import uvloop

from integrations.bus import (
    Bus,
    BusSettings,
    EmbeddedServer,
    Outgoing,
    Publisher,
    StreamSettings,
    ensure_streams,
    stream_configs,
)
from integrations.messages import CleanBatch, ContentType, Origin, RawBatch, RawColumn, encode
from integrations.runtime.transformation.outtake import CleanWriter

from .report import Figure
from .rig import SITE

VALUES = 50
SUBJECTS = 20_000
CHUNK = 5_000
START_NS = 1_796_040_000_000_000_000


def messages(quick: bool) -> list[Figure]:
    """Messages stored for each CPU second of server and publisher, and the bytes that they take."""
    rounds = 4 if quick else 20
    return [
        *uvloop.run(_stored("CLEAN", "clean messages of one sample", _clean, rounds)),
        *uvloop.run(_stored("RAW", f"raw messages of {VALUES} values", _raw, rounds)),
    ]


async def _stored(stream: str, what: str, make: Callable[[int], Outgoing], rounds: int) -> list[Figure]:
    async with EmbeddedServer() as server, Bus(BusSettings(url=server.url), name="benchmark") as bus:
        await ensure_streams(bus, stream_configs(StreamSettings(storage_bytes=2 * 1024**3), SITE))
        own, other = psutil.Process(), psutil.Process(server.pid)
        async with Publisher(bus) as publisher:
            chunks = [[make(CHUNK * turn + at) for at in range(CHUNK)] for turn in range(rounds)]
            before, began = (_cpu(own), _cpu(other)), time.perf_counter()
            for chunk in chunks:
                await publisher.publish_all(chunk)
                await asyncio.sleep(0)
            seconds, after = time.perf_counter() - began, (_cpu(own), _cpu(other))
        state = (await bus.api(f"STREAM.INFO.{stream}"))["state"]
    count = rounds * CHUNK
    return [
        Figure("storing", f"{what}, one publisher", count / seconds, "messages/s"),
        Figure("storing", f"{what}, nats-server", count / (after[1] - before[1]), "messages/CPU s"),
        Figure("storing", f"{what}, publisher", count / (after[0] - before[0]), "messages/CPU s"),
        Figure("storing", f"{what}, stored", state["bytes"] / state["messages"], "bytes"),
    ]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _clean(number: int) -> Outgoing:
    at = START_NS + number * 1_000_000
    batch = CleanBatch(
        site=SITE,
        device_class="steam_meter",
        source=f"unit_{number % SUBJECTS // VALUES:03}",
        sensor_id=f"unit_{number % SUBJECTS // VALUES:03}-value_{number % VALUES:03}",
        quantity="flow_rate",
        unit="t/hr",
        raw_unit="t/hr",
        origin=Origin.MEASURED,
        raw_sequence=number,
        time=[at],
        value=[12.345678],
        raw_value=[12.345678],
        status=[0],
        quality=[100.0],
        qartod=[1],
        flags=[0],
    )
    return CleanWriter(SITE, ContentType.JSON).write(batch, {})


def _raw(number: int) -> Outgoing:
    at, unit = START_NS + number * 1_000_000, f"unit_{number % SUBJECTS:05}"
    columns = [
        RawColumn(f"{unit}-value_{place:03}", "flow_rate", "t/hr", [at], [12.345678], [0])
        for place in range(VALUES)
    ]
    batch = RawBatch(
        site=SITE,
        device_class="steam_meter",
        source=unit,
        sequence=number,
        epoch=START_NS,
        origin=Origin.MEASURED,
        columns=columns,
    )
    return Outgoing(f"gl.{SITE}.raw.steam_meter.{unit}", encode(batch), {}, f"{unit}-{number}")
