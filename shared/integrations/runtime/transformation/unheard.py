"""Sensors that CLEAN knows from before our start and that have sent nothing since."""

import time
from collections.abc import Callable, Iterable

from integrations.messages import CleanBatch
from integrations.transformation import CleaningSettings, Silence

UNKNOWN_INTERVAL_SECONDS = 60.0
"""Time between readings of a sensor that nobody has configured and that has not been heard yet."""


class Unheard:
    """Waits for sensors, each for as long as it may be silent."""

    def __init__(self, settings: CleaningSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._settings = settings
        self._waiting: dict[str, tuple[float, CleanBatch]] = {}

    def add(self, batches: Iterable[CleanBatch]) -> None:
        """Wait from now on for the sensors of `batches`, the last of CLEAN."""
        now = self._clock()
        self._waiting |= {batch.sensor_id: (now, batch) for batch in batches if batch.time}

    def forget_where(self, forgotten: Callable[[str, str], bool]) -> None:
        """Wait no longer for the sensors of sources, by device class and name."""
        self._waiting = {
            sensor_id: (since, batch)
            for sensor_id, (since, batch) in self._waiting.items()
            if not forgotten(batch.device_class, batch.source)
        }

    def heard(self, batches: Iterable[CleanBatch]) -> None:
        """Wait no longer for these."""
        if self._waiting:
            for batch in batches:
                self._waiting.pop(batch.sensor_id, None)

    def newly_silent(self) -> list[Silence]:
        """Return those whose time is over, each once."""
        now = self._clock()
        found = [
            Silence(sensor_id, batch.time[-1], interval)
            for sensor_id, (since, batch) in self._waiting.items()
            if now - since > self._patience(interval := self._interval(sensor_id))
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
