"""PolledConnector: a connector whose device is asked on a time grid, and every sample handed on."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, StatusCode

from integrations.configuration import ConfigurationError
from integrations.messages import Origin
from integrations.protocols import ProtocolError
from integrations.resilience import CircuitBreakerOpenError

from .base import BaseConnector
from .config import ConnectionConfig, ConnectionState, SimulationPolicy, simulation_policy
from .errors import NotConnectedError, describe, failure_kind
from .grid import PollGrid
from .samples import Channel, DeviceEvent, Sample, lost_sample, marked_simulated

log = structlog.get_logger(__name__)

EXPECTED_ERRORS = (ProtocolError, OSError, CircuitBreakerOpenError, ConfigurationError)
"""Why a poll may fail without anything being wrong in this program."""
LIMIT_IN_TIMEOUTS = 3
"""The protocol client times every request; this many of its timeouts are the net under a whole poll."""


class PolledConnector(BaseConnector):
    """Polls its device at `sampling_rate_hz`; a lost poll becomes a sample without values, never an old one.

    `connect()` returns after the first sample. A grid poll is not retried, the next one comes anyway; what
    callers ask for goes through `execute_with_retry`. The device is asked for one sample at a time.
    """

    def __init__(
        self,
        config: ConnectionConfig,
        device_id: str,
        channels: tuple[Channel, ...],
        rate_hz: float,
        **options: Any,
    ) -> None:
        super().__init__(config, **options)
        self.device_id = device_id
        self.channels = channels
        self.grid = PollGrid(1 / rate_hz, clock=self._clock, sleep=self._sleep)
        self.latest: Sample | None = None
        """The last sample that the device, or its simulation, gave."""
        self.simulating = False
        """Whether samples are made here because the policy says so."""
        self.policy = config.simulation
        self._calls.limit_seconds = LIMIT_IN_TIMEOUTS * config.timeout_seconds
        self._sample_observers: list[Callable[[Sample], Awaitable[None]]] = []
        self._event_observers: list[Callable[[DeviceEvent], None]] = []
        self._asking = asyncio.Lock()
        self._tracer = trace.get_tracer(__name__)  # had at import, it would be a detour on every poll
        self._wanted = False
        self._span_attributes: dict[str, str | int] = {
            "gl003.device.id": device_id,
            "server.address": config.host,
            "server.port": config.port,
        }

    @abstractmethod
    async def _poll_impl(self) -> Sample:
        """Ask the device for one sample."""

    @abstractmethod
    def _simulate_impl(self) -> Sample:
        """Make one sample of a simulated device, marked as simulated."""

    @abstractmethod
    def _accept(self, sample: Sample) -> None:
        """Take a sample into the readings that the getters show."""

    @abstractmethod
    def _grow_stale(self) -> None:
        """Mark the readings that the getters show as older than they ought to be."""

    @property
    def device_ids(self) -> tuple[str, ...]:
        """Ids of the devices whose values one poll brings."""
        return (self.device_id,)

    @property
    def place_id(self) -> str:
        """What events of the connection and its circuit are about."""
        return self.device_id

    def on_sample(self, callback: Callable[[Sample], Awaitable[None]]) -> None:
        """Await `callback` with every later sample, also with those that carry no value."""
        self._sample_observers.append(callback)

    def on_event(self, callback: Callable[[DeviceEvent], None]) -> None:
        """Call `callback` with what the device's readings reveal, such as a totaliser's rollover."""
        self._event_observers.append(callback)

    async def connect(self) -> bool:
        """Connect and take the first sample; see SimulationPolicy for what happens without a device."""
        self.policy = simulation_policy(self.config)
        self._wanted = True
        return await super().connect() or self.simulating

    async def disconnect(self) -> None:
        """Close the connection and end the polling; who waits for a sample gets NotConnectedError."""
        self._wanted = False
        await super().disconnect()
        self.simulating = False

    async def sample(self) -> Sample:
        """Ask the device now, with retries; while readings are simulated, a simulated sample.

        Raises:
            NotConnectedError: connect() was not called.
            CircuitBreakerOpenError: the device is known to be away.
            ProtocolError: the device did not answer, or not with what was asked.
        """
        if self.simulating:
            return await self._pretend()
        return await self._poll(self.config.max_retries)

    async def _leave_old_loop(self) -> None:
        if self._keeper and self._keeper.get_loop() is not asyncio.get_running_loop():
            self._asking = asyncio.Lock()
        await super()._leave_old_loop()

    async def _connect_impl(self) -> bool:
        if self.policy is SimulationPolicy.ALWAYS:
            log.warning("readings are SIMULATED: the policy says always", device=self.name)
        await self._poll(0)
        return True

    async def _on_unreachable(self, error: Exception) -> None:
        await self._do_without(error)

    async def _health_check_impl(self) -> bool:
        if self.simulating and self.policy is not SimulationPolicy.ALWAYS:
            return False
        await self._poll(0)
        return True

    async def _keep(self) -> None:
        async for point in self.grid:
            if point == 0:
                continue  # connect() took this sample
            try:
                await self._poll_on_grid()
            except Exception:
                log.exception("poll failed unexpectedly", device=self.name)

    async def _poll_on_grid(self) -> None:
        began = self._clock()
        span = self._tracer.start_span("poll", kind=SpanKind.CLIENT, attributes=self._span_attributes)
        token = context.attach(trace.set_span_in_context(span))  # `use_span` costs three times as much
        try:
            await self._poll(0)
        except Exception as error:
            if not isinstance(error, EXPECTED_ERRORS):
                log.exception("poll failed unexpectedly", device=self.name)
            span.set_attribute("error.type", failure_kind(error))
            span.set_status(StatusCode.ERROR, describe(error))
            state = ConnectionState.CIRCUIT_OPEN if self._calls.refused else ConnectionState.RECONNECTING
            self._enter(state, describe(error))
            await self._do_without(error)
            self._note_health(False, describe(error), began)
        else:
            self._note_health(True, None, began)
        finally:
            context.detach(token)
            span.end()

    async def _poll(self, retries: int) -> Sample:
        if not self._wanted:
            raise NotConnectedError(f"{self.name} is not connected: call connect() first")
        if self.policy is SimulationPolicy.ALWAYS:
            return await self._pretend()
        sample = await self._execute(self._ask, retries)
        if not self._wanted:
            raise NotConnectedError(f"{self.name} was disconnected")
        self.simulating = False
        self._enter(ConnectionState.CONNECTED, "the device answered")
        return await self._take(marked_simulated(sample) if self.config.simulated else sample)

    async def _ask(self) -> Sample:
        asking = self._asking
        await asking.acquire()  # `async with` makes three coroutines a poll of it
        try:
            if not self._wanted:  # a retry after disconnect() would open the line again
                raise NotConnectedError(f"{self.name} was disconnected")
            return await self._poll_impl()
        finally:
            asking.release()

    async def _pretend(self) -> Sample:
        self.simulating = True
        return await self._take(self._simulate_impl())

    async def _take(self, sample: Sample) -> Sample:
        self.latest = sample
        self._accept(sample)
        await self._hand_on(sample)
        return sample

    async def _do_without(self, error: Exception) -> None:
        """Go on without an answer: simulate where the policy wants it, else say that there is no value."""
        if self.policy is SimulationPolicy.FALLBACK:
            if not self.simulating:
                reason = describe(error)
                log.warning(
                    "readings are SIMULATED: no answer from the device", device=self.name, reason=reason
                )
            await self._pretend()
            return
        self._grow_stale()
        origin = Origin.SIMULATED if self.config.simulated else Origin.MEASURED
        await self._hand_on(lost_sample(self._now_ns(), len(self.channels), error, origin))

    def _on_back(self) -> None:
        """What is polled has found its own way back: nothing is to be spared any more."""
        if self.circuit_breaker:
            self.circuit_breaker.reset()

    async def _hand_on(self, sample: Sample) -> None:
        for observer in tuple(self._sample_observers):
            try:
                await observer(sample)
            except Exception:
                log.exception("sample observer failed", device=self.name)

    def _tell(self, event: DeviceEvent) -> None:
        for observer in tuple(self._event_observers):
            try:
                observer(event)
            except Exception:
                log.exception("event observer failed", device=self.name, kind=event.kind)

    def _health_metadata(self) -> dict[str, Any]:
        return {"simulated": self.simulating or self.config.simulated, "overruns": self.grid.overruns}
