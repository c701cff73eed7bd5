"""Sensors that CLEAN knows from before our start and that have sent nothing since."""

import time
from collections.abc import Callable, Iterable

from integrations.messages import CleanBatch
from integrations.transformation import CleaningSettings, Silence

UNKNOWN_INTERVAL_SECONDS = 60.0
"""Time between readings of a sensor that nobody has configured and that has not been heard yet."""


class Unheard:
    """Waits for the sensors of `batches`, the last of CLEAN, each for as long as it may be silent."""

    def __init__(
        self,
        batches: Iterable[CleanBatch],
        settings: CleaningSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._began = clock()
        self._waiting = {batch.sensor_id: batch.time[-1] for batch in batches if batch.time}

    def heard(self, batches: Iterable[CleanBatch]) -> None:
        """Wait no longer for these."""
        if self._waiting:
            for batch in batches:
                self._waiting.pop(batch.sensor_id, None)

    def newly_silent(self) -> list[Silence]:
        """Return those whose time is over, each once."""
        waited = self._clock() - self._began
        found = [
            Silence(sensor_id, last_ns, interval)
            for sensor_id, last_ns in self._waiting.items()
            if waited > self._patience(interval := self._interval(sensor_id))
        ]
        for silence in found:
            del self._waiting[silence.sensor_id]
        return found

    def _interval(self, sensor_id: str) -> float:
        limits = self._settings.sensors.get(sensor_id)
        return (limits and limits.expected_interval_seconds) or UNKNOWN_INTERVAL_SECONDS

    def _patience(self, interval_seconds: float) -> float:
        intervals = self._settings.silent_after_intervals
        return max(self._settings.silent_after_seconds, intervals * interval_seconds)
