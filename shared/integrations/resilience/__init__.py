"""Resilience: when to wait, when to try again, when to stop trying."""

from .backoff import Backoff
from .breaker import CircuitBreaker, CircuitState, CircuitTransition
from .ending import ended
from .errors import CircuitBreakerOpenError, ResilienceError
from .retry import RetryFact, retry

__all__ = [
    "Backoff",
    "CircuitBreaker",
    "CircuitBreakerOpenError",
    "CircuitState",
    "CircuitTransition",
    "ResilienceError",
    "RetryFact",
    "ended",
    "retry",
]
