"""Stop calling what keeps failing, and find out gently when it is back."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import ParamSpec, TypeVar

import structlog

from .errors import CircuitBreakerOpenError

Params = ParamSpec("Params")
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class CircuitState(Enum):
    """CLOSED lets calls pass, OPEN refuses them, HALF_OPEN lets a few probes decide."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class CircuitTransition:
    """A circuit changed its state; `failure_count` is the number of consecutive failures at that moment."""

    name: str
    before: CircuitState
    after: CircuitState
    failure_count: int
    reason: str


Observer = Callable[[CircuitTransition], None]


class CircuitBreaker:
    """Three-state circuit breaker for one thing that can fail.

    - CLOSED: calls pass. `failure_threshold` failures in a row open the circuit, a success zeroes the count.
    - OPEN: calls are refused with CircuitBreakerOpenError. The first call after `timeout_seconds` half-opens.
    - HALF_OPEN: at most `half_open_max_calls` calls pass as probes, one after the other or at once. All of
      them have to succeed to close the circuit, the first failure opens it again, further calls are refused.

    A call that is cancelled counts neither way and gives its probe back. A result that arrives after the
    state has changed since its call began says nothing about the new state and is ignored.
    Calls need a time limit of their own: a probe that never ends keeps its place.

    Hot loops may skip the wrapper coroutine: `ticket = admit()`, then exactly one of `succeeded(ticket)`,
    `failed(ticket)`, `released(ticket)`.
    """

    def __init__(
        self,
        failure_threshold: int = 5,
        timeout_seconds: float = 60.0,
        half_open_max_calls: int = 3,
        *,
        name: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if failure_threshold < 1:
            raise ValueError(f"failure_threshold must be >= 1, got {failure_threshold!r}")
        if not timeout_seconds >= 0:
            raise ValueError(f"timeout_seconds must be >= 0, got {timeout_seconds!r}")
        if half_open_max_calls < 1:
            raise ValueError(f"half_open_max_calls must be >= 1, got {half_open_max_calls!r}")
        self.failure_threshold = failure_threshold
        self.timeout_seconds = timeout_seconds
        self.half_open_max_calls = half_open_max_calls
        self.name = name
        self._clock = clock
        self._state = CircuitState.CLOSED
        self._failure_count = 0
        self._opened_at = 0.0
        self._epoch = 0  # one per stay in a state: a ticket is the epoch its call began in
        self._probes_left = 0
        self._successes_missing = 0
        self._observers: list[Observer] = []

    @property
    def state(self) -> CircuitState:
        """The present state; OPEN lasts until a call comes after the timeout."""
        return self._state

    @property
    def failure_count(self) -> int:
        """Consecutive failures; 0 after a success in CLOSED and whenever the circuit closes."""
        return self._failure_count

    def observe(self, callback: Observer) -> Callable[[], None]:
        """Call `callback` with every later CircuitTransition; returns what ends it."""
        self._observers.append(callback)

        def unsubscribe() -> None:
            if callback in self._observers:
                self._observers.remove(callback)

        return unsubscribe

    async def call(
        self, func: Callable[Params, Awaitable[Result]], *args: Params.args, **kwargs: Params.kwargs
    ) -> Result:
        """Await `func(*args, **kwargs)` and count its outcome; its result and errors pass unchanged.

        Raises CircuitBreakerOpenError, without calling `func`, when the circuit refuses.
        """
        ticket = self.admit()
        try:
            result = await func(*args, **kwargs)
        except Exception:
            self.failed(ticket)
            raise
        except BaseException:
            self.released(ticket)
            raise
        self.succeeded(ticket)
        return result

    def admit(self) -> int:
        """Ask for one call: a ticket for its outcome, or CircuitBreakerOpenError."""
        if self._state is CircuitState.CLOSED:
            return self._epoch
        if self._state is CircuitState.OPEN:
            remaining = self._opened_at + self.timeout_seconds - self._clock()
            if remaining > 0:
                raise CircuitBreakerOpenError(self.name, remaining)
            self._move(CircuitState.HALF_OPEN, f"{self.timeout_seconds:g} s are over, probing")
        return self._admit_probe()

    def succeeded(self, ticket: int) -> None:
        """The call of `ticket` went well."""
        if ticket != self._epoch:
            return
        if self._state is CircuitState.CLOSED:
            self._failure_count = 0
            return
        self._successes_missing -= 1
        if not self._successes_missing:
            self._move(CircuitState.CLOSED, f"{self.half_open_max_calls} probes succeeded")

    def failed(self, ticket: int) -> None:
        """The call of `ticket` failed."""
        if ticket != self._epoch:
            return
        self._failure_count += 1
        if self._state is CircuitState.HALF_OPEN:
            self._move(CircuitState.OPEN, "a probe failed")
        elif self._failure_count >= self.failure_threshold:
            self._move(CircuitState.OPEN, f"{self._failure_count} consecutive failures")

    def released(self, ticket: int) -> None:
        """The call of `ticket` was given up without an outcome."""
        if ticket == self._epoch and self._state is CircuitState.HALF_OPEN:
            self._probes_left += 1

    def reset(self) -> None:
        """Close the circuit by hand; calls still under way no longer count."""
        if self._state is CircuitState.CLOSED:
            self._enter(CircuitState.CLOSED)
        else:
            self._move(CircuitState.CLOSED, "reset")

    def _admit_probe(self) -> int:
        if not self._probes_left:
            raise CircuitBreakerOpenError(self.name, 0.0)
        self._probes_left -= 1
        return self._epoch

    def _move(self, after: CircuitState, reason: str) -> None:
        fact = CircuitTransition(self.name, self._state, after, self._failure_count, reason)
        self._enter(after)
        for observer in tuple(self._observers):
            try:
                observer(fact)
            except Exception:
                log.exception("circuit observer failed", circuit=self.name, after=after.value)

    def _enter(self, state: CircuitState) -> None:
        self._state = state
        self._epoch += 1
        self._probes_left = self._successes_missing = self.half_open_max_calls
        if state is CircuitState.OPEN:
            self._opened_at = self._clock()
        elif state is CircuitState.CLOSED:
            self._failure_count = 0
