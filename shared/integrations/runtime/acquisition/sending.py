"""Samples on their way into the outbox: one by one, or together where the bus is slower than a device."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import structlog
from msgspec import Struct
from opentelemetry import context, trace
from opentelemetry.context import Context

from integrations.bus import Outbox
from integrations.devices import Sample
from integrations.devices.points import PointSample

from .readings import RawWriter

log = structlog.get_logger(__name__)

LONGEST_WAIT_SECONDS = 0.1
APART_SECONDS = 0.05
"""Between two messages of one device: what it is read for more often shares them."""
LOOK_SECONDS = 0.02
"""How often is looked whether those who wait may go."""


@dataclass
class _Held:
    since: float
    trace: Context
    """Of the poll that brought the first."""
    samples: list[Sample] = field(default_factory=list)


class _Sent(Struct, frozen=True):
    """The last message of a device: the outbox's number, and when it went."""

    number: int
    at: float


class Sender:
    """Puts the samples of a service's devices into its outbox; its owner runs `run()` as a task.

    A sample goes at once unless the one before it, of the same device, went just now or is still on its way
    to the bus. Then it waits, LONGEST_WAIT_SECONDS at most, and goes with those that came meanwhile: one
    message for all of them, in the trace of the first. Where traces are recorded, each goes at once instead.
    """

    def __init__(self, outbox: Outbox, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._clock = clock
        self._newest: dict[RawWriter, _Sent] = {}
        self._held: dict[RawWriter, _Held] = {}
        self._waits = asyncio.Event()

    async def send(self, writer: RawWriter, sample: Sample) -> None:
        """Send a sample, now or soon."""
        held = self._held.get(writer)
        if held is None and (self._may_go(writer) or trace.get_current_span().is_recording()):
            await self._write(writer, sample)
            return
        if held is None:
            held = self._held[writer] = _Held(self._clock(), context.get_current())
            self._waits.set()
        held.samples.append(sample)

    async def run(self) -> None:
        """Send those who wait, when they may go; for ever."""
        while True:
            await self._waits.wait()
            await asyncio.sleep(LOOK_SECONDS)
            long_ago = self._clock() - LONGEST_WAIT_SECONDS
            for writer, held in tuple(self._held.items()):
                if held.since <= long_ago or self._may_go(writer):
                    await self._send_held(writer)
            if not self._held:
                self._waits.clear()

    def _may_go(self, writer: RawWriter) -> bool:
        newest = self._newest.get(writer)
        if newest is None:
            return True
        return newest.number <= self._outbox.settled and self._clock() - newest.at >= APART_SECONDS

    async def flush(self) -> None:
        """Send those who wait now."""
        for writer in tuple(self._held):
            await self._send_held(writer)

    async def _send_held(self, writer: RawWriter) -> None:
        held = self._held.pop(writer)
        token = context.attach(held.trace)
        try:
            await self._write(writer, *held.samples)
        except Exception:
            log.exception("samples could not be written", samples=len(held.samples))
        finally:
            context.detach(token)

    async def _write(self, writer: RawWriter, *samples: Sample) -> None:
        first_ns, until_ns = _extent(samples)
        for message in writer.write(*samples):
            number = await self._outbox.append(message, first_ns, until_ns)
            self._newest[writer] = _Sent(number, self._clock())


def _extent(samples: Sequence[Sample]) -> tuple[int, int]:
    """Return the first and the last time (UTC ns) of what is in `samples`."""
    times = [time_ns for sample in samples for time_ns in _times(sample)]
    return min(times), max(times)


def _times(sample: Sample) -> Iterable[int]:
    return sample.times.tolist() if isinstance(sample, PointSample) else (sample.time_ns,)
