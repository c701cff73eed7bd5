"""Columns of many messages joined into flat arrays, and cut into one clean batch per sensor again.

The only code that runs once per column; all else runs once per chunk.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from integrations.messages import CleanBatch, RawColumn

from .channels import Channel
from .errors import UnusableBatchError
from .samples import CleanSamples, FlatSamples
from .segments import Floats, Segments


class JoinedColumns:
    """The columns of a chunk, sensor by sensor, each channel's in the order they came."""

    def __init__(self, columns_by_channel: Mapping[Channel, list[RawColumn]]) -> None:
        # A sensor's channels follow each other in the order they were opened: sorting is stable.
        self._channels = sorted(columns_by_channel, key=attrgetter("index"))
        self._ends: list[int] = []
        self._lengths: list[int] = []
        self._times: list[int] = []
        self._values: list[float | None] = []
        self._statuses: list[int] = []
        for channel in self._channels:
            for column in columns_by_channel[channel]:
                self._times += column.time
                self._values += column.value
                self._statuses += column.status
            self._lengths.append(len(self._times) - (self._ends[-1] if self._ends else 0))
            self._ends.append(len(self._times))

    def flat(self) -> FlatSamples:
        """Return the samples as arrays, converted to the units of their limits.

        Raises:
            UnusableBatchError: a time or status does not fit its array.
        """
        channels = self._channels
        lengths = np.array(self._lengths)

        def spread(per_channel: list[Any], dtype: type[np.generic]) -> Any:
            return np.array(per_channel, dtype=dtype).repeat(lengths)

        value = spread([channel.scale for channel in channels], np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            value *= np.array(self._values, dtype=np.float64)
            value += spread([channel.offset for channel in channels], np.float64)
        try:
            return FlatSamples(
                segments=Segments(spread([channel.index for channel in channels], np.intp)),
                time=np.array(self._times, dtype=np.int64),
                value=value,
                status=np.array(self._statuses, dtype=np.uint32),
                flags=spread([channel.flags for channel in channels], np.uint16),
            )
        except OverflowError as error:
            raise UnusableBatchError(f"a time or status no reading can have: {error}") from error

    def clean_batches(self, clean: CleanSamples, raw_sequences: Mapping[Channel, int]) -> list[CleanBatch]:
        """Return what became of the samples, a batch for each channel."""
        values = _nullable(clean.value)
        status, quality = clean.status.tolist(), clean.quality.tolist()
        qartod, flags = clean.qartod.tolist(), clean.flags.tolist()
        batches = []
        start = 0
        for channel, end in zip(self._channels, self._ends, strict=True):
            route = channel.route
            batch = CleanBatch(
                site=route.site,
                device_class=route.device_class,
                source=route.source,
                sensor_id=channel.sensor_id,
                quantity=channel.quantity,
                unit=channel.unit,
                raw_unit=channel.raw_unit,
                origin=route.origin,
                raw_sequence=raw_sequences[channel],
                time=self._times[start:end],
                value=values[start:end],
                raw_value=self._values[start:end],
                status=status[start:end],
                quality=quality[start:end],
                qartod=qartod[start:end],
                flags=flags[start:end],
            )
            batches.append(batch)
            start = end
        return batches


def _nullable(values: Floats) -> list[float | None]:
    """Return a list with None for NaN, which JSON cannot say and MessagePack's readers do not expect."""
    listed: list[float | None] = values.tolist()
    for position in np.flatnonzero(np.isnan(values)).tolist():
        listed[position] = None
    return listed
