"""From timed readings to the sample that travels, and back to what the board shows."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from integrations.devices.points import NOWHERE, PointSample
from integrations.devices.samples import Channel
from integrations.messages import Origin, Status, is_bad

from .config import SCADAConnectionConfig, text_tags
from .course import Timed
from .values import TagReading, number_of

MOST_POINTS = 4000
"""Points of one message: with their columns they stay below a megabyte, which is what NATS lets pass."""
BAD_TYPE_MISMATCH = 0x80740000
"""OPC UA Part 4 §7.39.2: the value's type is not the expected one."""


class TagSample(PointSample, frozen=True, eq=False, kw_only=True):
    """Points with the readings they were made of; text is among them and has no channel."""

    readings: tuple[Timed, ...]

    def shown(self) -> Iterator[tuple[int, Any, int, int]]:
        """Yield tag, value, status and time of what is current."""
        for timed, status in zip(self.readings, self.status.tolist(), strict=True):
            if timed.is_current:
                yield timed.reading.tag, timed.reading.value, status, timed.time_ns

    def parts(self) -> Iterator["TagSample"]:
        """Yield the sample in parts that fit a message, without the points that have no channel."""
        travelling = np.flatnonzero(self.channel != NOWHERE)
        for start in range(0, len(travelling), MOST_POINTS):
            at = travelling[start : start + MOST_POINTS]
            yield replace(
                self,
                values=self.values[at],
                status=self.status[at],
                channel=self.channel[at],
                times=self.times[at],
                readings=tuple(self.readings[point] for point in at.tolist()),
            )


class Sampler:
    """Makes samples of the readings of a table of tags."""

    def __init__(self, config: SCADAConnectionConfig) -> None:
        text = text_tags(config)
        numeric = [at for at in range(len(config.table)) if at not in text]
        self.channels = tuple(
            Channel(config.sensor_id(tag), tag.quantity, tag.engineering_units)
            for tag in (config.table[at] for at in numeric)
        )
        self._channel = np.full(len(config.table), NOWHERE, np.intp)
        self._channel[numeric] = np.arange(len(numeric))

    def status(self, reading: TagReading) -> int:
        """Return the StatusCode under which a reading is shown, and travels."""
        return judge(reading, travels=bool(self._channel[reading.tag] != NOWHERE))[1]

    def __call__(
        self, readings: Sequence[Timed], time_ns: int, origin: Origin = Origin.MEASURED
    ) -> TagSample:
        """Return the sample of `readings`, collected at `time_ns`."""
        tags = np.array([timed.reading.tag for timed in readings], np.intp)
        channel = self._channel[tags]
        judged = [
            judge(timed.reading, travels=at != NOWHERE)
            for timed, at in zip(readings, channel.tolist(), strict=True)
        ]
        return TagSample(
            time_ns,
            np.array([number for number, _ in judged], np.float64),
            np.array([status for _, status in judged], np.uint32),
            origin,
            channel=channel,
            times=np.array([timed.time_ns for timed in readings], np.int64),
            readings=tuple(readings),
        )


def judge(reading: TagReading, *, travels: bool) -> tuple[float, int]:
    """Return a reading as number and status; what is no number, though it ought to be, is Bad."""
    if not travels or is_bad(reading.status):
        return math.nan, reading.status
    number = number_of(reading.value)
    if number is None:
        return math.nan, BAD_TYPE_MISMATCH if reading.value is not None else Status.BAD
    if math.isfinite(number):
        return number, reading.status
    return math.nan, Status.BAD_OUT_OF_RANGE if math.isinf(number) else Status.BAD_SENSOR_FAILURE
