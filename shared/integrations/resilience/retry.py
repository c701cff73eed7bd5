"""Try again, a bounded number of times."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

from .backoff import Backoff
from .errors import CircuitBreakerOpenError

Result = TypeVar("Result")
Args = TypeVarTuple("Args")

_RNG = random.Random()  # noqa: S311 - spreads clients in time, protects no secret


@dataclass(frozen=True, slots=True)
class RetryFact:
    """A try failed and another follows: retry `attempt` (from 0) starts after `delay_seconds`."""

    attempt: int
    delay_seconds: float
    error: Exception


async def retry(
    func: Callable[[*Args], Awaitable[Result]],
    *args: *Args,
    backoff: Backoff,
    retries: int,
    retry_on: tuple[type[Exception], ...] = (Exception,),
    give_up_on: tuple[type[Exception], ...] = (),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    rng: random.Random = _RNG,
    on_retry: Callable[[RetryFact], None] | None = None,
) -> Result:
    """Await `func(*args)`; after a failure try up to `retries` times more, waiting as `backoff` says.

    Errors outside `retry_on`, errors in `give_up_on` and an open circuit end it at once, and the last
    error reaches the caller unchanged. Cancellation passes through.
    """
    final: tuple[type[Exception], ...] = (CircuitBreakerOpenError, *give_up_on)
    attempt = 0
    while True:
        try:
            return await func(*args)
        except final:
            raise
        except retry_on as error:
            if attempt >= retries:
                raise
            fact = RetryFact(attempt, backoff.delay(attempt, rng), error)
        if on_retry:
            on_retry(fact)
        await sleep(fact.delay_seconds)
        attempt += 1
