"""What a connector counts about its calls."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Self

from .errors import failure_kind

WINDOW = 100
"""Calls that the average response time looks back on."""


class CallMetrics:
    """Counts of device calls; a call is counted once, however many tries it took."""

    def __init__(self) -> None:
        self.total_calls = 0
        self.successful_calls = 0
        self.failed_calls = 0
        self.failures: Counter[str] = Counter()
        """Failed calls by kind: see `failure_kind`."""
        self.total_retries = 0
        self.last_call_seconds: float | None = None
        """End of the last call, seconds since 1970 UTC."""
        self.response_times_ms: deque[float] = deque(maxlen=WINDOW)
        """Of the last calls that were answered."""
        self.on_answer: Callable[[float], None] | None = None
        """Called with the seconds that each answered call took."""

    @classmethod
    def sum_of(cls, parts: Iterable[Self]) -> Self:
        """Return the counts of several connectors as one's, as of now."""
        whole, parts = cls(), tuple(parts)
        for part in parts:
            whole.total_calls += part.total_calls
            whole.successful_calls += part.successful_calls
            whole.failed_calls += part.failed_calls
            whole.failures += part.failures
            whole.total_retries += part.total_retries
        ends = [part.last_call_seconds for part in parts if part.last_call_seconds is not None]
        whole.last_call_seconds = max(ends, default=None)
        whole.response_times_ms = deque(chain.from_iterable(part.response_times_ms for part in parts))
        return whole

    def succeeded(self, response_time_ms: float) -> None:
        """Count a call that was answered."""
        self._called()
        self.successful_calls += 1
        self.response_times_ms.append(response_time_ms)
        if self.on_answer:
            self.on_answer(response_time_ms / 1000)

    def failed(self, error: Exception) -> None:
        """Count a call that came to nothing."""
        self._called()
        self.failed_calls += 1
        self.failures[failure_kind(error)] += 1

    @property
    def last_call_time(self) -> datetime | None:
        """When the last call ended, UTC; None before the first."""
        return None if self.last_call_seconds is None else datetime.fromtimestamp(self.last_call_seconds, UTC)

    @property
    def avg_response_time_ms(self) -> float:
        """Mean over the last calls that were answered; 0 before the first."""
        times = self.response_times_ms
        return sum(times) / len(times) if times else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {
            "total_calls": self.total_calls,
            "successful_calls": self.successful_calls,
            "failed_calls": self.failed_calls,
            "total_retries": self.total_retries,
            "avg_response_time_ms": self.avg_response_time_ms,
            "last_call_time": self.last_call_time,
        }

    def _called(self) -> None:
        self.total_calls += 1
        self.last_call_seconds = time.time()
