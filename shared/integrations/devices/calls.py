"""Calls to a device: each try timed, failures retried, the whole under a breaker, and counted."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import structlog

from integrations.resilience import Backoff, CircuitBreaker, CircuitState, RetryFact, retry

from .config import ConnectionConfig
from .errors import NotConnectedError, describe
from .metrics import CallMetrics

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class DeviceCalls:
    """Makes the calls of one connector; a call is counted once, however many tries it took."""

    def __init__(
        self,
        config: ConnectionConfig,
        name: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.limit_seconds: float | None = config.timeout_seconds
        """Longest that one try may take; None where whoever makes it keeps its own time."""
        self.metrics = CallMetrics()
        self.breaker = _breaker(config, name, clock) if config.enable_circuit_breaker else None
        self.backoff = Backoff(
            config.retry_delay_seconds, config.retry_backoff_multiplier, config.max_retry_delay_seconds
        )
        self._counts = config.enable_metrics
        self._clock = clock
        self._sleep = sleep

    @property
    def refused(self) -> bool:
        """Whether the breaker is open."""
        return self.breaker is not None and self.breaker.state is CircuitState.OPEN

    async def make(self, call: Callable[[], Awaitable[Result]], retries: int) -> Result:
        """Await `call()`, again up to `retries` times.

        Raises:
            CircuitBreakerOpenError: the breaker is open; the device was not called.
            TimeoutError: the last try took too long; any other error of the last try passes unchanged.
        """
        began = self._clock()
        is_plain = not retries and self.limit_seconds is None  # most polls: no need of what they pass through
        tried = call if is_plain else partial(self._with_retries, call, retries)
        try:
            result = await (self.breaker.call(tried) if self.breaker else tried())
        except Exception as error:
            if self._counts:
                self.metrics.failed(error)
            raise
        if self._counts:
            self.metrics.succeeded((self._clock() - began) * 1000)
        return result

    async def in_time(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Await `call()` once, no longer than the limit; neither counted nor under the breaker."""
        if self.limit_seconds is None:
            return await call()
        async with asyncio.timeout(self.limit_seconds):
            return await call()

    async def _with_retries(self, call: Callable[[], Awaitable[Result]], retries: int) -> Result:
        if not retries:
            return await self.in_time(call)
        return await retry(
            self.in_time,
            call,
            backoff=self.backoff,
            retries=retries,
            give_up_on=(NotConnectedError,),
            sleep=self._sleep,
            on_retry=self._on_retry,
        )

    def _on_retry(self, fact: RetryFact) -> None:
        if self._counts:
            self.metrics.total_retries += 1
        log.debug("device call is tried again", device=self.name, error=describe(fact.error))


def _breaker(config: ConnectionConfig, name: str, clock: Callable[[], float]) -> CircuitBreaker:
    return CircuitBreaker(
        config.circuit_failure_threshold, config.circuit_timeout_seconds, name=name, clock=clock
    )
