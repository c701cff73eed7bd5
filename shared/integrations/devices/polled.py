"""PolledConnector: a connector whose device is asked on a time grid, and every sample handed on."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import numpy as np
import structlog
from opentelemetry import trace

from integrations.messages import Origin, Status
from integrations.protocols import ProtocolError
from integrations.resilience import CircuitBreakerOpenError

from .base import BaseConnector, describe
from .config import ConnectionConfig, ConnectionState, SimulationPolicy, simulation_policy
from .errors import NotConnectedError
from .grid import PollGrid
from .samples import Channel, DeviceEvent, Sample

log = structlog.get_logger(__name__)
_tracer = trace.get_tracer(__name__)

SIMULATED_WARNING = "readings are SIMULATED: the device cannot be reached"


class PolledConnector(BaseConnector):
    """Polls its device at `sampling_rate_hz`; a lost poll becomes a sample without values, never an old one.

    `connect()` returns after the first sample. A grid poll is not retried, the next one comes anyway; what
    callers ask for goes through `execute_with_retry`. One poll is under way at a time.
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
        # The protocol client times every request; this is the net under a poll of several requests.
        self._call_limit_seconds = 3 * config.timeout_seconds
        self.channels = channels
        self.grid = PollGrid(1 / rate_hz, clock=self._clock, sleep=self._sleep)
        self.latest: Sample | None = None
        self.simulating = False
        """Whether samples are made here because the policy says so; never asks the device then."""
        self.policy = config.simulation
        self._sample_observers: list[Callable[[Sample], Awaitable[None]]] = []
        self._event_observers: list[Callable[[DeviceEvent], None]] = []
        self._polling = asyncio.Lock()
        self._span_attributes: dict[str, str | int] = {
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

    def on_sample(self, callback: Callable[[Sample], Awaitable[None]]) -> None:
        """Await `callback` with every later sample, also with those that carry no value."""
        self._sample_observers.append(callback)

    def on_event(self, callback: Callable[[DeviceEvent], None]) -> None:
        """Call `callback` with what the device's readings reveal, such as a totaliser's rollover."""
        self._event_observers.append(callback)

    async def connect(self) -> bool:
        """Connect and take the first sample; see SimulationPolicy for what happens without a device."""
        self.policy = simulation_policy(self.config)
        connected = await super().connect()
        return connected or (self.policy is SimulationPolicy.FALLBACK and self.simulating)

    async def sample(self) -> Sample:
        """Ask the device now, with retries; while readings are simulated, a simulated sample.

        Raises:
            CircuitBreakerOpenError: the device is known to be away.
            ProtocolError: the device did not answer, or not with what was asked.
        """
        if not self._keeper:
            raise NotConnectedError(f"{self.name} is not connected: call connect() first")
        if self.simulating:
            return await self._pretend()
        return await self._poll(self.config.max_retries)

    async def _connect_impl(self) -> bool:
        if self.policy is SimulationPolicy.ALWAYS:
            await self._pretend()
            log.warning("readings are SIMULATED: the policy says always", device=self.name)
            return True
        try:
            await self._poll(0)
        except (ProtocolError, OSError) as error:
            await self._miss(error)
            raise
        return True

    async def _health_check_impl(self) -> bool:
        if self.simulating:
            return self.policy is SimulationPolicy.ALWAYS
        await self._poll(0)
        return True

    async def _keep(self) -> None:
        async for point in self.grid:
            if point == 0:
                continue  # connect() took this sample
            if self.policy is SimulationPolicy.ALWAYS:
                await self._pretend()
                continue
            with _tracer.start_as_current_span("poll", attributes=self._span_attributes):
                await self._poll_on_grid()

    async def _poll_on_grid(self) -> None:
        try:
            await self._poll(0)
        except Exception as error:
            if not isinstance(error, ProtocolError | OSError | CircuitBreakerOpenError):
                log.exception("poll failed unexpectedly", device=self.name)
            await self._miss(error)

    async def _poll(self, retries: int) -> Sample:
        async with self._polling:
            sample = await self._execute(self._poll_impl, retries)
        self._enter(ConnectionState.CONNECTED, "the device answered")
        self.simulating = False
        return await self._take(_marked(sample) if self.config.simulated else sample)

    async def _pretend(self) -> Sample:
        self.simulating = True
        return await self._take(self._simulate_impl())

    async def _take(self, sample: Sample) -> Sample:
        self.latest = sample
        self._accept(sample)
        for observer in self._sample_observers:
            await observer(sample)
        return sample

    def _tell(self, event: DeviceEvent) -> None:
        for observer in self._event_observers:
            observer(event)

    async def _miss(self, error: Exception) -> None:
        state = ConnectionState.CIRCUIT_OPEN if self._breaker_is_open() else ConnectionState.RECONNECTING
        self._enter(state, describe(error))
        if self.policy is not SimulationPolicy.FALLBACK:
            await self._take(self._missing(error))
            return
        if not self.simulating:
            log.warning(SIMULATED_WARNING, device=self.name, reason=describe(error))
        await self._pretend()

    def _missing(self, error: Exception) -> Sample:
        count = len(self.channels)
        status = np.full(count, status_of(error), np.uint32)
        origin = Origin.SIMULATED if self.config.simulated else Origin.MEASURED
        return Sample(self._now_ns(), np.full(count, np.nan), status, origin)

    def _health_metadata(self) -> dict[str, Any]:
        return {"simulated": self.simulating, "overruns": self.grid.overruns}


def _marked(sample: Sample) -> Sample:
    """Return the sample of a simulator, marked as what it is."""
    status = np.where(sample.status == Status.GOOD, np.uint32(Status.GOOD_EDITED), sample.status)
    return replace(sample, status=status, origin=Origin.SIMULATED)


def status_of(error: Exception) -> Status:
    """StatusCode of a channel whose device could not be read."""
    if isinstance(error, CircuitBreakerOpenError):
        return Status.BAD_NO_COMMUNICATION
    if isinstance(error, TimeoutError):
        return Status.BAD_TIMEOUT
    if isinstance(error, ConnectionError):
        return Status.BAD_NOT_CONNECTED
    return Status.BAD_COMMUNICATION_ERROR
