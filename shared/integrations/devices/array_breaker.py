"""Breakers of several connections, seen as one."""

import time
from collections.abc import Callable, Sequence

from integrations.resilience import CircuitBreaker, CircuitState, CircuitTransition

from .config import ConnectionConfig

FROM_CALM_TO_GRAVE = (CircuitState.CLOSED, CircuitState.HALF_OPEN, CircuitState.OPEN)


class ArrayBreaker(CircuitBreaker):
    """Breaker of an array's own calls; what it shows is the gravest of it and its connections' breakers."""

    def __init__(
        self,
        config: ConnectionConfig,
        name: str,
        others: Sequence[CircuitBreaker],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            config.circuit_failure_threshold, config.circuit_timeout_seconds, name=name, clock=clock
        )
        self._others = tuple(others)

    @property
    def state(self) -> CircuitState:
        """OPEN when one is open, else HALF_OPEN when one is being tried."""
        states = (super().state, *(other.state for other in self._others))
        return max(states, key=FROM_CALM_TO_GRAVE.index)

    @property
    def failure_count(self) -> int:
        """Most consecutive failures of one of them."""
        return max(super().failure_count, *(other.failure_count for other in self._others))

    def observe(self, callback: Callable[[CircuitTransition], None]) -> Callable[[], None]:
        """Call `callback` with every later transition of each of them; returns what ends it."""
        ends = [super().observe(callback), *(other.observe(callback) for other in self._others)]

        def unsubscribe() -> None:
            for end in ends:
                end()

        return unsubscribe

    def reset(self) -> None:
        """Close all circuits by hand."""
        super().reset()
        for other in self._others:
            other.reset()
