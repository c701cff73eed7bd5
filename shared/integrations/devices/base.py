"""BaseConnector: state, timeout, retry, breaker, health and metrics around a device's own calls."""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

import structlog

from integrations.resilience import Backoff, CircuitBreaker, CircuitBreakerOpenError, CircuitState, retry

from .config import ConnectionConfig, ConnectionState, HealthStatus
from .metrics import CallMetrics

Params = ParamSpec("Params")
Result = TypeVar("Result")

log = structlog.get_logger(__name__)
_RNG = random.Random()  # noqa: S311 - spreads reconnections in time, protects no secret


@dataclass(frozen=True, slots=True)
class StateChange:
    """A connector went from one state to another."""

    before: ConnectionState
    after: ConnectionState
    reason: str


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
        self.metrics = CallMetrics()
        self.health_status = HealthStatus(False, ConnectionState.DISCONNECTED, datetime.now(UTC))
        self.circuit_breaker = self._new_breaker(clock)
        self.last_error: str | None = None
        self._state = ConnectionState.DISCONNECTED
        self._state_observers: list[Callable[[StateChange], None]] = []
        self._keeper: asyncio.Task[None] | None = None
        self._clock = clock
        self._now_ns = now_ns
        self._sleep = sleep
        self._call_limit_seconds = config.timeout_seconds
        self._backoff = Backoff(
            config.retry_delay_seconds, config.retry_backoff_multiplier, config.max_retry_delay_seconds
        )

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

    def on_state(self, callback: Callable[[StateChange], None]) -> None:
        """Call `callback` with every later change of the connection state."""
        self._state_observers.append(callback)

    async def connect(self) -> bool:
        """Connect; True when the device answered. When it did not, trying goes on in the background."""
        if self._keeper:
            return self._state is ConnectionState.CONNECTED
        self._enter(ConnectionState.CONNECTING, "connect")
        connected = await self._try_connect()
        self._keeper = asyncio.create_task(self._keep(), name=f"keeper of {self.name}")
        return connected

    async def disconnect(self) -> None:
        """Close the connection and end what runs in the background."""
        keeper, self._keeper = self._keeper, None
        if keeper:
            keeper.cancel()
            await asyncio.wait([keeper])
        await self._disconnect_impl()
        self._enter(ConnectionState.DISCONNECTED, "disconnect")

    async def health_check(self) -> HealthStatus:
        """Ask the device now; never raises for a device that does not answer."""
        began = self._clock()
        try:
            async with asyncio.timeout(self._call_limit_seconds):
                healthy, error = bool(await self._health_check_impl()), None
        except Exception as failure:  # noqa: BLE001  # whatever it was, the device is not well
            healthy, error = False, describe(failure)
        failures = 0 if healthy else self.health_status.consecutive_failures + 1
        self.health_status = HealthStatus(
            is_healthy=healthy,
            state=self._state,
            last_check=datetime.now(UTC),
            consecutive_failures=failures,
            last_error=error or (None if healthy else self.last_error),
            response_time_ms=(self._clock() - began) * 1000,
            metadata=self._health_metadata(),
        )
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
        health, breaker, calls = self.health_status, self.circuit_breaker, self.metrics
        return {
            "total_calls": calls.total_calls,
            "successful_calls": calls.successful_calls,
            "failed_calls": calls.failed_calls,
            "total_retries": calls.total_retries,
            "avg_response_time_ms": calls.avg_response_time_ms,
            "last_call_time": calls.last_call_time,
            "state": self._state.value,
            "health": {
                "is_healthy": health.is_healthy,
                "consecutive_failures": health.consecutive_failures,
                "last_check": health.last_check,
                "response_time_ms": health.response_time_ms,
            },
            "circuit_breaker": {"state": breaker.state.value, "failure_count": breaker.failure_count}
            if breaker
            else None,
        }

    async def _execute(self, call: Callable[[], Awaitable[Result]], retries: int) -> Result:
        began = self._clock()
        try:
            result = await self._through_breaker(call, retries)
        except Exception as error:
            self.last_error = describe(error)
            if self.config.enable_metrics:
                self.metrics.failed()
            raise
        if self.config.enable_metrics:
            self.metrics.succeeded((self._clock() - began) * 1000)
        return result

    async def _through_breaker(self, call: Callable[[], Awaitable[Result]], retries: int) -> Result:
        breaker = self.circuit_breaker
        if not breaker:
            return await self._with_retries(call, retries)
        return await breaker.call(self._with_retries, call, retries)

    async def _with_retries(self, call: Callable[[], Awaitable[Result]], retries: int) -> Result:
        if not retries:
            return await self._in_time(call)
        return await retry(
            self._in_time,
            call,
            backoff=self._backoff,
            retries=retries,
            sleep=self._sleep,
            on_retry=self._count_retry,
        )

    async def _in_time(self, call: Callable[[], Awaitable[Result]]) -> Result:
        async with asyncio.timeout(self._call_limit_seconds):
            return await call()

    def _count_retry(self, fact: Any) -> None:
        self.metrics.total_retries += 1
        log.debug("device call is tried again", device=self.name, error=describe(fact.error))

    async def _try_connect(self) -> bool:
        reason = "the device did not answer"
        try:
            async with asyncio.timeout(self._call_limit_seconds):
                connected = bool(await self._connect_impl())
        except Exception as error:  # noqa: BLE001  # whatever it was, there is no connection
            connected, reason = False, describe(error)
        if connected:
            self._enter(ConnectionState.CONNECTED, "the device answered")
        else:
            self.last_error = reason
            self._enter(ConnectionState.FAILED, reason)
        return connected

    async def _keep(self) -> None:
        """Check health while connected, reconnect with full-jitter backoff while not."""
        patience = Backoff(
            self._backoff.first_seconds, self._backoff.multiplier, self._backoff.max_seconds, jitter=True
        )
        attempt = 0
        while True:
            if self._state is ConnectionState.CONNECTED:
                attempt = 0
                await self._sleep(self.config.health_check_interval_seconds)
                if not (await self.health_check()).is_healthy:
                    self._enter(ConnectionState.RECONNECTING, self.health_status.last_error or "unhealthy")
            else:
                await self._sleep(patience.delay(attempt, _RNG))
                attempt += 1
                await self._disconnect_impl()
                await self._try_connect()

    def _health_metadata(self) -> dict[str, Any]:
        return {}

    def _enter(self, after: ConnectionState, reason: str) -> None:
        before, self._state = self._state, after
        if before is after:
            return
        level = (
            log.info if after in (ConnectionState.CONNECTED, ConnectionState.DISCONNECTED) else log.warning
        )
        if after is not ConnectionState.CONNECTING:
            level("connection is " + after.value.replace("_", " "), device=self.name, reason=reason)
        change = StateChange(before, after, reason)
        for observer in tuple(self._state_observers):
            observer(change)

    def _new_breaker(self, clock: Callable[[], float]) -> CircuitBreaker | None:
        config = self.config
        if not config.enable_circuit_breaker:
            return None
        return CircuitBreaker(
            config.circuit_failure_threshold, config.circuit_timeout_seconds, name=self.name, clock=clock
        )

    def _breaker_is_open(self) -> bool:
        return bool(self.circuit_breaker and self.circuit_breaker.state is CircuitState.OPEN)


def describe(error: BaseException) -> str:
    """One line that says what went wrong, also for errors without a text such as TimeoutError()."""
    if isinstance(error, CircuitBreakerOpenError) or str(error):
        return str(error)
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
