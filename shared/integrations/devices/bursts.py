"""Samples that are taken faster than they are handed on, gathered into one."""

import numpy as np

from .points import PointSample
from .samples import Sample


class Burst:
    """Gathers samples of the same channels until a message is full."""

    def __init__(self, message_rate_hz: float, sample_rate_hz: float) -> None:
        self.size = max(1, round(sample_rate_hz / message_rate_hz))
        """Samples in a message."""
        self._longest_ns = round(1e9 / message_rate_hz)
        self._waiting: list[Sample] = []

    def add(self, sample: Sample) -> list[Sample]:
        """Take a sample; return what is to be handed on now, oldest first.

        A message is full with its last sample, or when it is as old as a message may become because polls
        took long. It never mixes what was measured with what was simulated.
        """
        if self.size == 1:
            return [sample]
        ready = []
        if self._waiting and self._waiting[0].origin is not sample.origin:
            ready += self.rest()
        self._waiting.append(sample)
        age_ns = sample.time_ns - self._waiting[0].time_ns
        if len(self._waiting) >= self.size or age_ns >= self._longest_ns:
            ready += self.rest()
        return ready

    def rest(self) -> list[Sample]:
        """Return what is waiting, for the end of the polling."""
        waiting, self._waiting = self._waiting, []
        return [gathered(waiting)] if waiting else []


def gathered(samples: list[Sample]) -> PointSample:
    """Return the samples as one: for each channel its points, oldest first."""
    channels = len(samples[0].values)
    times = np.array([sample.time_ns for sample in samples], np.int64)
    return PointSample(
        samples[-1].time_ns,
        np.concatenate([sample.values for sample in samples]),
        np.concatenate([sample.status for sample in samples]),
        samples[-1].origin,
        channel=np.tile(np.arange(channels), len(samples)),
        times=np.repeat(times, channels),
    )
