"""Resilience: when to wait, when to try again, when to stop trying."""

from integrations.resilience.backoff import Backoff
from integrations.resilience.breaker import CircuitBreaker, CircuitState, CircuitTransition
from integrations.resilience.errors import CircuitBreakerOpenError, ResilienceError
from integrations.resilience.retry import RetryFact, retry

__all__ = [
    "Backoff",
    "CircuitBreaker",
    "CircuitBreakerOpenError",
    "CircuitState",
    "CircuitTransition",
    "ResilienceError",
    "RetryFact",
    "retry",
]
