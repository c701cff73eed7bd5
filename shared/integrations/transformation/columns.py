"""Columns of many messages joined into flat arrays, and cut into one clean batch per sensor again.

The only code that runs once per column; all else runs once per chunk.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from integrations.messages import CleanBatch, RawColumn

from .channels import Channel
from .errors import UnusableBatchError
from .samples import CleanSamples, FlatSamples
from .segments import Floats


@dataclass(slots=True)
class Group:
    """Samples of one channel, adjacent in the chunk's arrays."""

    channel: Channel
    start: int
    end: int
    raw_sequence: int


class JoinedColumns:
    """The columns of a chunk, joined in the order of their sensors."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._times: list[int] = []
        self._values: list[float | None] = []
        self._statuses: list[int] = []

    def join(self, channel: Channel, column: RawColumn, raw_sequence: int) -> None:
        """Append a column; one of the same channel as before it continues that one's group."""
        start = len(self._times)
        self._times += column.time
        self._values += column.value
        self._statuses += column.status
        if self._groups and self._groups[-1].channel is channel:
            self._groups[-1].end, self._groups[-1].raw_sequence = len(self._times), raw_sequence
        else:
            self._groups.append(Group(channel, start, len(self._times), raw_sequence))

    def flat(self) -> FlatSamples:
        """Return the samples as arrays, converted to the units of their limits.

        Raises:
            UnusableBatchError: a time or status does not fit its array.
        """
        channels = [group.channel for group in self._groups]
        value = self._spread([channel.scale for channel in channels], np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            value *= np.array(self._values, dtype=np.float64)
            value += self._spread([channel.offset for channel in channels], np.float64)
        try:
            return FlatSamples(
                sensor=self._spread([channel.index for channel in channels], np.intp),
                time=np.array(self._times, dtype=np.int64),
                value=value,
                status=np.array(self._statuses, dtype=np.uint32),
                flags=self._spread([channel.flags for channel in channels], np.uint16),
            )
        except OverflowError as error:
            raise UnusableBatchError(f"a time or status no reading can have: {error}") from error

    def clean_batches(self, clean: CleanSamples) -> list[CleanBatch]:
        """Return what became of the samples, a batch for each group."""
        values = _nullable(clean.value)
        status, quality = clean.status.tolist(), clean.quality.tolist()
        qartod, flags = clean.qartod.tolist(), clean.flags.tolist()
        batches = []
        for group in self._groups:
            channel, start, end = group.channel, group.start, group.end
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
                raw_sequence=group.raw_sequence,
                time=self._times[start:end],
                value=values[start:end],
                raw_value=self._values[start:end],
                status=status[start:end],
                quality=quality[start:end],
                qartod=qartod[start:end],
                flags=flags[start:end],
            )
            batches.append(batch)
        return batches

    def _spread(self, per_group: list[Any], dtype: type[np.generic]) -> Any:
        lengths = [group.end - group.start for group in self._groups]
        return np.repeat(np.array(per_group, dtype=dtype), lengths)


def _nullable(values: Floats) -> list[float | None]:
    """Return a list with None for NaN, which JSON cannot say and MessagePack's readers do not expect."""
    listed: list[float | None] = values.tolist()
    for position in np.flatnonzero(np.isnan(values)).tolist():
        listed[position] = None
    return listed
