"""From a device's sample to the raw batches that travel."""

from collections.abc import Iterator, Sequence
from math import isnan
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from integrations.bus import Outgoing
from integrations.devices import Channel, Sample
from integrations.devices.points import NOWHERE, PointSample
from integrations.messages import (
    ContentType,
    Header,
    Origin,
    RawBatch,
    RawColumn,
    RawTemplate,
    Subjects,
    encode,
)
from integrations.runtime.identity import Identity
from integrations.runtime.process.tracing import stamp

MOST_VALUES = 1000
"""Values in one message: even with the longest of names it stays below 1 MiB, nats-server's max_payload."""

Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]


class RawWriter:
    """Writes the raw batches of one source; `epoch` and `sequence` make a message's id its own for ever."""

    def __init__(
        self,
        identity: Identity,
        source: str,
        channels: tuple[Channel, ...],
        *,
        epoch_ns: int,
        content_type: ContentType = ContentType.JSON,
    ) -> None:
        self._subject = Subjects(identity.site).raw(identity.service, source)
        self._identity = identity
        self._source = source
        self._epoch_ns = epoch_ns
        self._channels = channels
        self._content_type = content_type
        self._parts = [
            _Part(slice(at, at + MOST_VALUES), self._template(channels[at : at + MOST_VALUES]))
            for at in range(0, max(len(channels), 1), MOST_VALUES)
        ]
        self._sequence = 0
        self._most = max(1, MOST_VALUES // max(1, len(channels)))  # samples in a message

    def write(self, *samples: Sample) -> list[Outgoing]:
        """Return the messages that carry `samples`: one, unless they have more than MOST_VALUES values."""
        return [self._message(body) for run in self._alike(samples) for body in self._bodies(run)]

    def _alike(self, samples: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
        """Cut where one message cannot hold what follows, too."""
        first = 0
        for at in range(1, len(samples) + 1):
            if at == len(samples) or at - first == self._most or not _together(samples[first], samples[at]):
                yield samples[first:at]
                first = at

    def _message(self, body: bytes) -> Outgoing:
        message_id = f"{self._subject}-{self._epoch_ns}-{self._sequence}"
        self._sequence += 1
        headers: dict[str, str] = {Header.CONTENT_TYPE: self._content_type}
        stamp(headers, self._subject)
        return Outgoing(self._subject, body, headers, message_id)

    def _bodies(self, samples: Sequence[Sample]) -> Iterator[bytes]:
        """Yield the body of each message; the counter goes on in between."""
        first = samples[0]
        if isinstance(first, PointSample):
            for piece in _pieces(first):
                yield self._encoded(piece.origin, list(_point_columns(self._channels, piece)))
        elif self._content_type is ContentType.JSON:
            times, values, status = _instants(samples)
            for part in self._parts:
                at = part.place
                yield part.template.render(self._sequence, first.origin, times, values[at], status[at])
        else:
            columns = list(_columns(self._channels, samples))
            for part in self._parts:
                yield self._encoded(first.origin, columns[part.place])

    def _encoded(self, origin: Origin, columns: list[RawColumn]) -> bytes:
        batch = RawBatch(
            site=self._identity.site,
            device_class=self._identity.service,
            source=self._source,
            sequence=self._sequence,
            epoch=self._epoch_ns,
            origin=origin,
            columns=columns,
        )
        return encode(batch, self._content_type)

    def _template(self, channels: tuple[Channel, ...]) -> RawTemplate:
        return RawTemplate(
            site=self._identity.site,
            device_class=self._identity.service,
            source=self._source,
            epoch=self._epoch_ns,
            sensors=[(each.sensor_id, each.quantity, each.unit) for each in channels],
        )


class _Part(NamedTuple):
    """Channels that share a message."""

    place: slice
    template: RawTemplate


def _pieces(sample: PointSample) -> Iterator[PointSample]:
    if len(sample.times) <= MOST_VALUES:
        yield sample
        return
    for at in range(0, len(sample.times), MOST_VALUES):
        part = slice(at, at + MOST_VALUES)
        yield replace(
            sample,
            values=sample.values[part],
            status=sample.status[part],
            channel=sample.channel[part],
            times=sample.times[part],
        )


def columns_of(channels: tuple[Channel, ...], sample: Sample) -> list[RawColumn]:
    """Return the columns of a sample; NaN becomes no value.

    Each channel has one, unless the sample says itself which channels have how many points.
    """
    if isinstance(sample, PointSample):
        return list(_point_columns(channels, sample))
    return list(_columns(channels, [sample]))


def _together(sample: Sample, other: Sample) -> bool:
    """Whether both can be in one message."""
    is_plain = not isinstance(sample, PointSample) and not isinstance(other, PointSample)
    return is_plain and sample.origin is other.origin


def _instants(samples: Sequence[Sample]) -> tuple[list[int], Floats, Codes]:
    """Return times, and values and status as (channels, instants)."""
    if len(samples) == 1:
        (sample,) = samples
        return [sample.time_ns], sample.values[:, None], sample.status[:, None]
    times = [sample.time_ns for sample in samples]
    values = np.array([sample.values for sample in samples]).T  # np.stack takes four times as long
    return times, values, np.array([sample.status for sample in samples]).T


def _columns(channels: tuple[Channel, ...], samples: Sequence[Sample]) -> Iterator[RawColumn]:
    times, values, status = _instants(samples)
    for channel, value, code in zip(channels, values.tolist(), status.tolist(), strict=True):
        yield RawColumn(channel.sensor_id, channel.quantity, channel.unit, times, _plain(value), code)


def _point_columns(channels: tuple[Channel, ...], sample: PointSample) -> Iterator[RawColumn]:
    order = np.argsort(sample.channel, kind="stable")
    places, starts = np.unique(sample.channel[order], return_index=True)
    for at, points in zip(places.tolist(), np.split(order, starts[1:]), strict=True):
        if at != NOWHERE:
            yield RawColumn(
                channels[at].sensor_id,
                channels[at].quantity,
                channels[at].unit,
                sample.times[points].tolist(),
                _plain(sample.values[points].tolist()),
                sample.status[points].tolist(),
            )


def _plain(values: list[float]) -> list[float | None]:
    return [None if isnan(value) else value for value in values]
