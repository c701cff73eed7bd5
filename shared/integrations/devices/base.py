"""BaseConnector: a connection to one device that heals by itself, its state and its health."""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import structlog
from msgspec import Struct

from integrations.resilience import CircuitBreaker, CircuitBreakerOpenError, ended

from .calls import DeviceCalls
from .config import ConnectionConfig, ConnectionState, HealthStatus
from .errors import DeviceError, describe
from .metrics import CallMetrics
from .samples import utc_datetime

__all__ = ["BaseConnector", "StateChange", "describe"]

Params = ParamSpec("Params")
Result = TypeVar("Result")

log = structlog.get_logger(__name__)
_RNG = random.Random()  # noqa: S311 - spreads reconnections in time, protects no secret
_CALM = (ConnectionState.CONNECTED, ConnectionState.DISCONNECTED)
_STANDING = (ConnectionState.CONNECTED, ConnectionState.CIRCUIT_OPEN)


@dataclass(frozen=True, slots=True)
class StateChange:
    """A connector went from one state to another."""

    before: ConnectionState
    after: ConnectionState
    reason: str


class Health(Struct, frozen=True):
    """A look at the device, as every poll leaves one; what is shown of it is made when it is asked for."""

    is_healthy: bool
    state: ConnectionState
    time_ns: int
    consecutive_failures: int
    last_error: str | None
    response_time_ms: float | None


class BaseConnector(ABC):
    """A connection to one device that heals by itself.

    To implement: `_connect_impl`, `_disconnect_impl`, `_health_check_impl`. Device calls go through
    `execute_with_retry`. Construction does no I/O; `disconnect()` ends every task that `connect()` began.
    """

    def __init__(
        self,
        config: ConnectionConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.config = config
        self.connection: Any = None
        self._health = Health(False, ConnectionState.DISCONNECTED, now_ns(), 0, None, None)
        self.last_error: str | None = None
        self._clock = clock
        self._now_ns = now_ns
        self._sleep = sleep
        self._calls = DeviceCalls(config, self.name, clock=clock, sleep=sleep)
        self._state = ConnectionState.DISCONNECTED
        self._state_observers: list[Callable[[StateChange], None]] = []
        self._turn = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    @abstractmethod
    async def _connect_impl(self) -> bool:
        """Open the connection; False or an exception when the device cannot be reached."""

    @abstractmethod
    async def _disconnect_impl(self) -> None:
        """Close the connection; must not fail when there is none."""

    @abstractmethod
    async def _health_check_impl(self) -> bool:
        """Ask the device something cheap; False or an exception when it does not answer."""

    @property
    def name(self) -> str:
        """What logs and the breaker call this connector."""
        return f"{self.config.host}:{self.config.port}"

    @property
    def state(self) -> ConnectionState:
        """The present connection state."""
        return self._state

    @property
    def health_status(self) -> HealthStatus:
        """What the last look at the device showed."""
        seen = self._health
        return HealthStatus(
            is_healthy=seen.is_healthy,
            state=seen.state,
            last_check=utc_datetime(seen.time_ns),
            consecutive_failures=seen.consecutive_failures,
            last_error=seen.last_error,
            response_time_ms=seen.response_time_ms,
            metadata=self._health_metadata(),
        )

    @property
    def metrics(self) -> CallMetrics:
        """Counts of the calls made so far."""
        return self._calls.metrics

    @property
    def circuit_breaker(self) -> CircuitBreaker | None:
        """The breaker that calls go through; None when the configuration wants none."""
        return self._calls.breaker

    def on_state(self, callback: Callable[[StateChange], None]) -> None:
        """Call `callback` with every later change of the connection state."""
        self._state_observers.append(callback)

    async def connect(self) -> bool:
        """Connect; True when the device answered. When it did not, trying goes on in the background."""
        await self._leave_old_loop()
        async with self._turn:
            if self._keeper:
                return self._state is ConnectionState.CONNECTED
            self._enter(ConnectionState.CONNECTING, "connect")
            try:
                await self._try_connect(ConnectionState.FAILED)
            except BaseException:
                await self._close("connect was given up")
                raise
            self._keeper = asyncio.create_task(self._keep(), name=f"keeper of {self.name}")
            return self._state is ConnectionState.CONNECTED

    async def disconnect(self) -> None:
        """Close the connection and end what runs in the background."""
        await self._leave_old_loop()
        async with self._turn:
            keeper, self._keeper = self._keeper, None
            try:
                await ended(keeper)
            finally:
                await self._close("disconnect")

    async def health_check(self) -> HealthStatus:
        """Ask the device now; never raises for a device that does not answer."""
        began = self._clock()
        try:
            healthy, error = bool(await self._calls.in_time(self._health_check_impl)), None
        except Exception as failure:  # noqa: BLE001 - whatever a device's own check raises is its health
            healthy, error = False, describe(failure)
        self._note_health(healthy, error, began)
        return self.health_status

    async def execute_with_retry(
        self, func: Callable[Params, Awaitable[Result]], *args: Params.args, **kwargs: Params.kwargs
    ) -> Result:
        """Run a device call under timeout, retry and breaker; its last error reaches the caller.

        Raises:
            CircuitBreakerOpenError: the breaker is open; the device was not called.
            TimeoutError: the last try took longer than `timeout_seconds`.
        """
        return await self._execute(lambda: func(*args, **kwargs), self.config.max_retries)

    def get_metrics(self) -> dict[str, Any]:
        """Return counts, response time, state, health and breaker as plain values."""
        health, breaker = self.health_status, self.circuit_breaker
        return self.metrics.as_dict() | {
            "state": self.state.value,
            "health": {
                "is_healthy": health.is_healthy,
                "consecutive_failures": health.consecutive_failures,
                "last_check": health.last_check,
                "response_time_ms": health.response_time_ms,
            },
            "circuit_breaker": breaker
            and {"state": breaker.state.value, "failure_count": breaker.failure_count},
        }

    async def _execute(self, call: Callable[[], Awaitable[Result]], retries: int) -> Result:
        try:
            result = await self._calls.make(call, retries)
        except Exception as error:
            if not isinstance(error, CircuitBreakerOpenError):  # a refusal must not hide what led to it
                self.last_error = describe(error)
            if self._calls.refused and self._state is ConnectionState.CONNECTED:
                self._enter(ConnectionState.CIRCUIT_OPEN, self.last_error or describe(error))
            raise
        if self._state is ConnectionState.CIRCUIT_OPEN:
            self._enter(ConnectionState.CONNECTED, "the device answered")
        return result

    async def _try_connect(self, otherwise: ConnectionState) -> None:
        """Connect, or enter the state `otherwise`."""
        began = self._clock()
        try:
            if not await self._calls.in_time(self._connect_impl):
                raise DeviceError("the device did not answer")  # noqa: TRY301 - one path for both failures
        except Exception as error:  # noqa: BLE001 - whatever a device's own connect raises, it is not connected
            self.last_error = describe(error)
            self._enter(otherwise, self.last_error)
            await self._on_unreachable(error)
            self._note_health(False, self.last_error, began)
        else:
            self._enter(ConnectionState.CONNECTED, "the device answered")
            self._note_health(True, None, began)

    async def _on_unreachable(self, error: Exception) -> None:  # noqa: B027 - a hook that most need not fill
        """Do what a device class does when it could not be connected."""

    async def _keep(self) -> None:
        """Check health while connected, reconnect with full-jitter backoff while not."""
        patience = replace(self._calls.backoff, jitter=True)
        attempt = 0
        while True:
            if self._state in _STANDING:
                attempt = 0
                await self._sleep(self.config.health_check_interval_seconds)
                if not (await self.health_check()).is_healthy:
                    self._enter(ConnectionState.RECONNECTING, self.health_status.last_error or "unhealthy")
            else:
                await self._sleep(patience.delay(attempt, _RNG))
                attempt += 1
                await self._disconnect_quietly()
                await self._try_connect(ConnectionState.RECONNECTING)

    async def _close(self, reason: str) -> None:
        await self._disconnect_impl()
        self._enter(ConnectionState.DISCONNECTED, reason)

    async def _leave_old_loop(self) -> None:
        """Let go of what an event loop left behind that ended without `disconnect()`."""
        keeper = self._keeper
        if keeper is None or keeper.get_loop() is asyncio.get_running_loop():
            return
        self._keeper, self._turn = None, asyncio.Lock()
        await self._disconnect_quietly()
        self._enter(ConnectionState.DISCONNECTED, "its event loop has ended")

    async def _disconnect_quietly(self) -> None:
        try:
            await self._disconnect_impl()
        except Exception as error:  # noqa: BLE001 - what is broken need not close well
            log.warning("connection did not close well", device=self.name, error=describe(error))

    def _note_health(self, healthy: bool, error: str | None, began: float) -> None:
        """Keep what a look at the device showed; `began` is when it began, by the clock."""
        self._health = Health(
            healthy,
            self._state,
            self._now_ns(),
            0 if healthy else self._health.consecutive_failures + 1,
            None if healthy else error or self.last_error,
            (self._clock() - began) * 1000,
        )

    def _health_metadata(self) -> dict[str, Any]:
        return {}

    def _enter(self, after: ConnectionState, reason: str) -> None:
        before, self._state = self._state, after
        if before is after:
            return
        if after is not ConnectionState.CONNECTING:
            level = log.info if after in _CALM else log.warning
            level("connection is " + after.value.replace("_", " "), device=self.name, reason=reason)
        self._tell_state(StateChange(before, after, reason))

    def _tell_state(self, change: StateChange) -> None:
        for observer in tuple(self._state_observers):
            try:
                observer(change)
            except Exception:
                log.exception("state observer failed", device=self.name, after=change.after.value)
