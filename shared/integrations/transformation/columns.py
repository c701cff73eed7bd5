"""Columns of many messages joined into flat arrays, and cut into one clean batch per sensor again.

The only code that runs once per column; all else runs once per chunk.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.messages import CleanBatch, Qartod, RawColumn, Status
from integrations.quality import BEST_SCORE

from .channels import Channel
from .errors import UnusableBatchError
from .samples import CleanSamples, FlatSamples
from .segments import Floats, Segments

Arrived = Mapping[Channel, list[RawColumn]]
"""Columns by channel, each channel's in the order they came."""

BLOCK_SAMPLES = 16_384
"""Samples that are joined at most, as far as sensors can be kept apart: their arrays fit a core's cache."""
MANY = 8
"""Where one in so many is unusual, a list of the usual is no short cut."""


def joined_in_blocks(arrived: Arrived) -> list["JoinedColumns"]:
    """Join the columns of a chunk, in as many blocks as keep the arrays small."""
    # A sensor's channels follow each other in the order they were opened: sorting is stable.
    return [
        JoinedColumns(block, arrived) for block in _blocks(sorted(arrived, key=attrgetter("index")), arrived)
    ]


def _blocks(channels: list[Channel], arrived: Arrived) -> Iterator[list[Channel]]:
    block: list[Channel] = []
    size = 0
    for channel in channels:
        more = sum([len(column.time) for column in arrived[channel]])
        if block and size + more > BLOCK_SAMPLES:
            yield block
            block, size = [], 0
        block.append(channel)
        size += more
    if block:
        yield block


class JoinedColumns:
    """The columns of some channels, one channel after the other."""

    def __init__(self, channels: Sequence[Channel], arrived: Arrived) -> None:
        self._channels = channels
        self._ends: list[int] = []
        self._lengths: list[int] = []
        self._times: list[int] = []
        self._values: list[float | None] = []
        self._statuses: list[int] = []
        for channel in self._channels:
            for column in arrived[channel]:
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
        count = len(self._times)
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
                time=np.fromiter(self._times, np.int64, count),
                value=value,
                status=np.frombuffer(array("I", self._statuses), np.uint32),  # a third of np.array's time
                flags=spread([channel.flags for channel in channels], np.uint16),
            )
        except OverflowError as error:
            raise UnusableBatchError(f"a time or status no reading can have: {error}") from error

    def clean_batches(self, clean: CleanSamples, raw_sequences: Mapping[Channel, int]) -> list[CleanBatch]:
        """Return what became of the samples, a batch for each channel."""
        values = _nullable(clean.value)
        status, quality = _mostly(Status.GOOD, clean.status), _mostly(BEST_SCORE, clean.quality)
        qartod, flags = _mostly(Qartod.GOOD, clean.qartod), _mostly(0, clean.flags)
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


def _mostly(usual: int, found: NDArray[Any]) -> list[Any]:
    """Return `found` as a list, fast where nearly all of it is `usual`."""
    unusual = np.flatnonzero(found != usual)
    if unusual.size * MANY > found.size:
        return [*found.tolist()]
    listed = [int(usual)] * found.size
    for position, value in zip(unusual.tolist(), found[unusual].tolist(), strict=True):
        listed[position] = value
    return listed


def _nullable(values: Floats) -> list[float | None]:
    """Return a list with None for NaN, which JSON cannot say and MessagePack's readers do not expect."""
    listed: list[float | None] = values.tolist()
    for position in np.flatnonzero(np.isnan(values)).tolist():
        listed[position] = None
    return listed
