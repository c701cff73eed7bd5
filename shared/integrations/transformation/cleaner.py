"""From raw batches to clean ones, chunk by chunk, for all sensors that pass by."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from integrations.messages import CleanBatch, RawBatch, RawColumn
from integrations.quality import weights_row
from integrations.units import Affine

from .bank import SensorBank
from .channels import Channel, ChannelFault, Route, Treatment, Treatments
from .checks import NANOSECONDS_PER_SECOND
from .columns import joined_in_blocks
from .limits import SensorLimits
from .settings import CleaningSettings


@dataclass(frozen=True)
class Silence:
    """A sensor that has stopped sending new readings."""

    sensor_id: str
    last_heard_ns: int
    interval_seconds: float
    """Time between its readings, as configured or as learned."""


class Cleaner:
    """Cleans the readings of all sensors that pass by, in the order they come.

    Args:
        settings: limits and units.
        on_fault: told once of each sensor whose readings can only be carried, for their unit or limits.
        on_refusal: told of a sensor whose live limits turn out not to fit its readings, and why.
        now_ns: UTC clock.
    """

    def __init__(
        self,
        settings: CleaningSettings,
        *,
        on_fault: Callable[[ChannelFault], None],
        on_refusal: Callable[[str, str], None] = lambda _sensor_id, _reason: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._settings = settings
        self._treatments = Treatments(settings)
        self._on_fault = on_fault
        self._on_refusal = on_refusal
        self._now_ns = now_ns
        self._bank = SensorBank(
            clock_tolerance_ns=round(settings.clock_tolerance_seconds * NANOSECONDS_PER_SECOND)
        )
        self._channels: dict[str, Channel] = {}
        self._sensor_ids: dict[int, str] = {}
        self._routes: dict[Route, Route] = {}
        self._replaced: list[int] = []

    def __len__(self) -> int:
        return len(self._channels)

    def clean(self, chunk: Iterable[tuple[int, RawBatch]]) -> list[CleanBatch]:
        """Return a clean batch for each sensor in the chunk, its samples in the order they came.

        The chunk holds raw batches that have passed `check()`, each with its sequence in the stream. A sensor
        that changes unit, source or origin within the chunk gets a batch for each.

        Raises:
            UnusableBatchError: a time or status is beyond any clock or code; no sample has been remembered.
        """
        columns: dict[Channel, list[RawColumn]] = {}
        sequences: dict[Channel, int] = {}
        for sequence, batch in chunk:
            for channel, column in self._arrivals(batch):
                columns.setdefault(channel, []).append(column)
                sequences[channel] = sequence
        now_ns = self._now_ns()
        blocks = joined_in_blocks(columns)
        # All are flat before the first is processed: a sample that cannot be must leave no other remembered.
        flat = [block.flat() for block in blocks]
        batches: list[CleanBatch] = []
        for block, samples in zip(blocks, flat, strict=True):
            batches += block.clean_batches(self._bank.process(samples, now_ns), sequences)
        self._tidy()
        return batches

    def newly_silent(self) -> list[Silence]:
        """Return the sensors that have gone silent since they were last asked for, each once per silence."""
        found = self._bank.newly_silent(
            self._now_ns(),
            intervals=self._settings.silent_after_intervals,
            at_least_ns=round(self._settings.silent_after_seconds * NANOSECONDS_PER_SECOND),
        )
        intervals = self._bank.intervals_ns(found) / NANOSECONDS_PER_SECOND
        return [
            Silence(self._sensor_ids[sensor], int(self._bank.heard_ns[sensor]), interval)
            for sensor, interval in zip(found.tolist(), intervals.tolist(), strict=True)
        ]

    def configure(self, sensor_id: str, live: SensorLimits | None) -> bool:
        """Put limits in force that go before all tables; None takes them back.

        What is remembered of the sensor stays, brought into the unit its values have from now on. Returns
        whether the sensor has been heard: of others it turns out later whether the limits fit.

        Raises:
            ConfigurationError: they do not fit the sensor's readings; those before stay in force.
        """
        channel = self._channels.get(sensor_id)
        if channel is not None and channel.is_carried:
            self.forget(sensor_id)  # nothing but its times; it opens anew with what may help it now
        elif channel is not None:
            self._reconfigure(channel, live)
        self._treatments.live.pop(sensor_id, None)
        if live is not None:
            self._treatments.live[sensor_id] = live
        return channel is not None

    def _reconfigure(self, channel: Channel, live: SensorLimits | None) -> None:
        treatment = self._treatments.with_live(live, channel.sensor_id, channel.quantity, channel.raw_unit)
        scale = treatment.scale / channel.scale
        self._bank.convert(channel.index, Affine(scale, treatment.offset - scale * channel.offset))
        self._bank.configure(channel.index, treatment.limits, weights_row(channel.quantity))
        self._channels[channel.sensor_id] = replace(
            channel, unit=treatment.unit, scale=treatment.scale, offset=treatment.offset
        )

    def forget(self, sensor_id: str) -> None:
        """Drop what is remembered of a sensor; if it comes again it is new."""
        channel = self._channels.pop(sensor_id, None)
        if channel is not None:
            del self._sensor_ids[channel.index]
            self._bank.forget(channel.index)

    def forget_where(self, forgotten: Callable[[Route], bool]) -> None:
        """Drop what is remembered of all sensors on some routes."""
        for channel in tuple(self._channels.values()):
            if forgotten(channel.route):
                self.forget(channel.sensor_id)

    def _arrivals(self, batch: RawBatch) -> Iterator[tuple[Channel, RawColumn]]:
        """Yield the columns that hold samples, each with its channel."""
        key = Route.of(batch)
        route = self._routes.setdefault(key, key)
        for column in batch.columns:
            channel = self._channels.get(column.sensor_id)
            if channel is None or not channel.carries(column, route):
                channel = self._open(column, route, channel)
            if column.time:
                yield channel, column

    def _open(self, column: RawColumn, route: Route, former: Channel | None) -> Channel:
        """Set up the channel of a column that is new or has changed."""
        treatment = self._treatments.of(column)
        if treatment.fault and (former is None or former.raw_unit != column.unit):
            self._on_fault(ChannelFault(column.sensor_id, column.quantity, column.unit, treatment.fault))
        if treatment.refusal:
            del self._treatments.live[column.sensor_id]
            self._on_refusal(column.sensor_id, treatment.refusal)
        channel = Channel(
            index=self._index(column, treatment, former),
            route=route,
            sensor_id=column.sensor_id,
            quantity=column.quantity,
            raw_unit=column.unit,
            unit=treatment.unit,
            scale=treatment.scale,
            offset=treatment.offset,
            flags=treatment.flags(route.origin),
        )
        self._channels[column.sensor_id] = channel
        self._sensor_ids[channel.index] = column.sensor_id
        return channel

    def _index(self, column: RawColumn, treatment: Treatment, former: Channel | None) -> int:
        """Keep a sensor's place while its clean values stay comparable, else give it a fresh one."""
        if former and (former.unit, former.quantity) == (treatment.unit, column.quantity):
            return former.index
        if former:
            self._replaced.append(former.index)
        return self._bank.add(treatment.limits, weights_row(column.quantity))

    def _tidy(self) -> None:
        """Give back replaced places, and stay within the number of sensors to be remembered."""
        for index in self._replaced:
            del self._sensor_ids[index]
            self._bank.forget(index)
        self._replaced.clear()
        if (excess := len(self._bank) - self._settings.max_sensors) > 0:
            for index in self._bank.longest_unheard(excess).tolist():
                self.forget(self._sensor_ids[index])
        if len(self._routes) > self._settings.max_sensors:
            self._routes.clear()
