"""From a device's sample to the raw batches that travel."""

from collections.abc import Iterator
from math import isnan
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

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

    def write(self, sample: Sample) -> list[Outgoing]:
        """Return the messages that carry `sample`: one, unless it has more than MOST_VALUES values."""
        return [self._message(body) for body in self._bodies(sample)]

    def _message(self, body: bytes) -> Outgoing:
        message_id = f"{self._subject}-{self._epoch_ns}-{self._sequence}"
        self._sequence += 1
        headers: dict[str, str] = {Header.CONTENT_TYPE: self._content_type}
        stamp(headers, self._subject)
        return Outgoing(self._subject, body, headers, message_id)

    def _bodies(self, sample: Sample) -> Iterator[bytes]:
        """Yield the body of each message; the counter goes on in between."""
        if isinstance(sample, PointSample):
            for piece in _pieces(sample):
                yield self._encoded(piece.origin, columns_of(self._channels, piece))
        elif self._content_type is ContentType.JSON:
            for part in self._parts:
                values, status = sample.values[part.place], sample.status[part.place]
                yield part.template.render(self._sequence, sample.origin, sample.time_ns, values, status)
        else:
            columns = columns_of(self._channels, sample)
            for part in self._parts:
                yield self._encoded(sample.origin, columns[part.place])

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
    time = [sample.time_ns]
    return [
        RawColumn(channel.sensor_id, channel.quantity, channel.unit, time, _plain([value]), [status])
        for channel, value, status in zip(
            channels, sample.values.tolist(), sample.status.tolist(), strict=True
        )
    ]


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
