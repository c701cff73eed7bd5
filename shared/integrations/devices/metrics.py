"""What a connector counts about its calls."""

import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

WINDOW = 100
"""Calls that the average response time looks back on."""


class CallMetrics:
    """Counts of device calls; a call is counted once, however many tries it took."""

    def __init__(self) -> None:
        self.total_calls = 0
        self.successful_calls = 0
        self.failed_calls = 0
        self.total_retries = 0
        self._last_call: float | None = None
        self._response_times_ms: deque[float] = deque(maxlen=WINDOW)

    def succeeded(self, response_time_ms: float) -> None:
        """Count a call that was answered."""
        self._called()
        self.successful_calls += 1
        self._response_times_ms.append(response_time_ms)

    def failed(self) -> None:
        """Count a call that came to nothing."""
        self._called()
        self.failed_calls += 1

    @property
    def last_call_time(self) -> datetime | None:
        """When the last call ended, UTC; None before the first."""
        return None if self._last_call is None else datetime.fromtimestamp(self._last_call, UTC)

    @property
    def avg_response_time_ms(self) -> float:
        """Mean over the last calls that were answered; 0 before the first."""
        times = self._response_times_ms
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
        self._last_call = time.time()
