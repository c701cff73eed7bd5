"""A site in a box: meters on real Modbus, services in process or as children, what their streams hold."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from integrations.bus import Outgoing, Stored, replay
from integrations.devices.classes import device_classes
from integrations.messages import (
    CleanBatch,
    ContentType,
    Event,
    Header,
    Origin,
    RawBatch,
    RawColumn,
    Status,
    decode,
    encode,
)
from integrations.protocols.modbus import FLOAT32, Register, RegisterTable
from integrations.runtime.acquisition.service import run_acquisition
from integrations.runtime.balances.service import run_balances
from integrations.runtime.console.service import run_console
from integrations.runtime.coordination.service import run_coordination
from integrations.runtime.plant.settings import read_plant
from integrations.runtime.process.life import Stop
from integrations.runtime.transformation.service import run_transformation
from integrations.simulation import PlantServer, ServedUnit, UnitCondition
from integrations.simulation.modbus.unit import HEALTHY

SITE = "test"
TABLE = RegisterTable(
    (Register("flow_rate", 0, FLOAT32, unit="kg/h"), Register("pressure", 2, FLOAT32, unit="barg"))
)
REGISTER_MAP = {
    "flow_rate": {"address": 0, "type": "float32", "unit": "kg/h"},
    "pressure": {"address": 2, "type": "float32", "unit": "barg"},
}
NO_TELEMETRY = SimpleNamespace(
    snapshot=list,
    measure=lambda measures: None,
    recorder=lambda metric: lambda value: None,
    ready_unless=lambda not_ready: None,
)
ROOT = Path(__file__).parents[2]


async def eventually(check, seconds=10.0):
    """Return what `check()` (sync or async) says once it is true."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        await asyncio.sleep(0.02)


@dataclass
class Meter:
    """One simulated device; what it shows and how it is may be changed while it is served."""

    unit_id: int = 1
    values: dict = field(default_factory=lambda: {"flow_rate": 7200.0, "pressure": 9.5})
    condition: UnitCondition = HEALTHY

    @property
    def unit(self):
        return ServedUnit(self.unit_id, TABLE, lambda: self.values, lambda: self.condition)


@contextlib.asynccontextmanager
async def served(*meters, port=0):
    """Serve meters behind one address, always showing their present values."""
    async with PlantServer([meter.unit for meter in meters], port=port) as server:

        async def refresh():
            while True:
                server.refresh()
                await asyncio.sleep(0.01)

        task = asyncio.create_task(refresh())
        try:
            yield server
        finally:
            task.cancel()


def meter_table(port, meter_id="meter", unit_id=1, **more):
    return {
        "meter_id": meter_id,
        "host": "127.0.0.1",
        "port": port,
        "slave_address": unit_id,
        "register_map": REGISTER_MAP,
        "timeout_seconds": 0.5,
        "retry_delay_seconds": 0.1,
        "max_retries": 0,
        "circuit_failure_threshold": 3,
        "circuit_timeout_seconds": 0.5,
        "sampling_rate_hz": 10.0,
        **more,
    }


def document(url, *meters, **more):
    return {
        "site": SITE,
        "nats": {"url": url},
        "streams": {"storage_bytes": 64 * 1024 * 1024},
        "steam_meter": list(meters),
        **more,
    }


def toml(table, name=""):
    """Write a document as TOML: plain values first, then tables and lists of tables."""

    def value(one):
        if isinstance(one, dict):
            return "{" + ", ".join(f"{key} = {value(each)}" for key, each in one.items()) + "}"
        if isinstance(one, bool):
            return str(one).lower()
        return f'"{one}"' if isinstance(one, str) else str(one)

    lines, tables = [], []
    for key, one in table.items():
        if isinstance(one, list):
            for each in one:
                tables += ["", f"[[{key}]]", *(f"{k} = {value(v)}" for k, v in each.items())]
        elif isinstance(one, dict) and not name:
            tables += ["", f"[{key}]", *(f"{k} = {value(v)}" for k, v in one.items())]
        else:
            lines.append(f"{key} = {value(one)}")
    return "\n".join([*lines, *tables]) + "\n"


@contextlib.asynccontextmanager
async def running(service, table, instance="a", telemetry=NO_TELEMETRY):
    """Run a service in this process until left; its crash is the test's."""
    plant, stop = read_plant(table, {}), Stop()
    if service == "transformation":
        work = run_transformation(plant, instance, "1.0.0", telemetry, stop)
    elif service == "balances":
        work = run_balances(plant, instance, "1.0.0", telemetry, stop)
    elif service == "console":
        work = run_console(plant, instance, "1.0.0", telemetry, stop)
    elif service == "coordination":
        work = run_coordination(plant, instance, "1.0.0", telemetry, stop)
    else:
        work = run_acquisition(device_classes()[service], plant, instance, "1.0.0", telemetry, stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(work)
        try:
            yield stop
        finally:
            stop.set("the test is over")


class Child:
    """A service as `python -m services.<name>`; killed at the end whatever happens."""

    def __init__(self, name, config, log, **env):
        self.log = log
        self._name = name
        self._argv = [sys.executable, "-m", f"services.{name}", "--config", str(config)]
        self._env = {**os.environ, "LOG_FORMAT": "json", **env}
        self._process = None

    async def start(self):
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv, stdout=output, stderr=output, env=self._env, cwd=ROOT
            )

    async def end(self, how=signal.SIGTERM):
        self._process.send_signal(how)
        return await asyncio.wait_for(self._process.wait(), 15)

    async def exited(self, seconds=15):
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def restart(self, how=signal.SIGTERM):
        await self.end(how)
        await self.start()

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *exc):
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def stored(bus, stream, subject) -> list[Stored]:
    return [message async for message in replay(bus, stream, subject)]


async def clean(bus, sensor="*") -> list[CleanBatch]:
    """What CLEAN holds, in order."""
    messages = await stored(bus, "CLEAN", f"gl.{SITE}.clean.*.{sensor}")
    return [decode(each.data, CleanBatch, each.headers.get(Header.CONTENT_TYPE)) for each in messages]


async def raw(bus) -> list[RawBatch]:
    messages = await stored(bus, "RAW", f"gl.{SITE}.raw.>")
    return [decode(each.data, RawBatch, each.headers.get(Header.CONTENT_TYPE)) for each in messages]


async def events(bus, kind) -> list[Event]:
    messages = await stored(bus, "EVENTS", f"gl.{SITE}.event.>")
    found = [decode(each.data, Event, each.headers.get(Header.CONTENT_TYPE)) for each in messages]
    return [event for event in found if event.kind == kind]


async def clean_samples(bus, sensor="meter-pressure"):
    """Time, value, raw value, status, QARTOD flag and quality of every sample of a sensor."""
    return [
        sample
        for each in await clean(bus, sensor)
        for sample in zip(
            each.time, each.value, each.raw_value, each.status, each.qartod, each.quality, strict=True
        )
    ]


def times(batches, attribute="time") -> dict[str, list]:
    """Samples by sensor, in order; of raw batches and of clean ones."""
    found: dict[str, list] = {}
    for batch in batches:
        for column in getattr(batch, "columns", None) or [batch]:
            found.setdefault(column.sensor_id, []).extend(getattr(column, attribute))
    return found


class Feed:
    """Raw batches with numbered samples: the value of sample n of every sensor is n."""

    def __init__(self, sensors=("s-flow_rate",), quantity="count", unit="", source="feed", epoch=None):
        self.count = 0
        self._sensors = sensors
        self._quantity = quantity
        self._unit = unit
        self._source = source
        self._epoch = epoch or time.time_ns()

    def next(self, samples=1, value=None, content_type=ContentType.JSON, time_ns=None):
        """Return the next message, `samples` samples for each sensor."""
        numbers = [float(self.count * samples + at) for at in range(samples)]
        now = time.time_ns() if time_ns is None else time_ns
        column_times = [now + at for at in range(samples)]
        values = numbers if value is None else [value] * samples
        batch = RawBatch(
            site=SITE,
            device_class="steam_meter",
            source=self._source,
            sequence=self.count,
            epoch=self._epoch,
            origin=Origin.MEASURED,
            columns=[
                RawColumn(
                    sensor, self._quantity, self._unit, column_times, values, [int(Status.GOOD)] * samples
                )
                for sensor in self._sensors
            ],
        )
        self.count += 1
        return Outgoing(
            f"gl.{SITE}.raw.steam_meter.{self._source}",
            encode(batch, content_type),
            {Header.CONTENT_TYPE.value: content_type.value},
            f"{self._source}-{self._epoch}-{batch.sequence}",
        )
