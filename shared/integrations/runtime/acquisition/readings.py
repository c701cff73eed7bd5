"""From a device's sample to the raw batch that travels."""

from collections.abc import Iterator
from math import isnan

import numpy as np

from integrations.bus import Outgoing
from integrations.devices import Channel, Sample
from integrations.devices.points import NOWHERE, PointSample
from integrations.messages import ContentType, Header, RawBatch, RawColumn, RawTemplate, Subjects, encode
from integrations.runtime.identity import Identity
from integrations.runtime.process.tracing import stamp


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
        self._template = RawTemplate(
            site=identity.site,
            device_class=identity.service,
            source=source,
            epoch=epoch_ns,
            sensors=[(each.sensor_id, each.quantity, each.unit) for each in channels],
        )
        self._sequence = 0

    def write(self, sample: Sample) -> Outgoing:
        """Return the message that carries `sample`."""
        body = self._body(sample)
        message_id = f"{self._subject}-{self._epoch_ns}-{self._sequence}"
        self._sequence += 1
        headers: dict[str, str] = {Header.CONTENT_TYPE: self._content_type}
        stamp(headers, self._subject)
        return Outgoing(self._subject, body, headers, message_id)

    def _body(self, sample: Sample) -> bytes:
        if self._content_type is ContentType.JSON and not isinstance(sample, PointSample):
            return self._template.render(
                self._sequence, sample.origin, sample.time_ns, sample.values, sample.status
            )
        batch = RawBatch(
            site=self._identity.site,
            device_class=self._identity.service,
            source=self._source,
            sequence=self._sequence,
            epoch=self._epoch_ns,
            origin=sample.origin,
            columns=columns_of(self._channels, sample),
        )
        return encode(batch, self._content_type)


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
