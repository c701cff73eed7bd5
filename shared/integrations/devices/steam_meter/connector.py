"""SteamMeterConnector: a steam meter on any of its protocols, its readings, averages and totaliser."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from integrations.devices.polled import PolledConnector
from integrations.devices.samples import Sample
from integrations.messages import Origin, Status, is_bad

from .config import SteamMeterConfig
from .counting import Count, TotalCounting
from .decode import MeterDecoder, MeterSample
from .integrator import MeasuredFlow
from .quality import Flow, flags_of, quality_score
from .readings import FlowReading, TotalizerState
from .readout import ReturningSource
from .simulator import SimulatedMeter
from .sources import source_kind

HISTORY = 1000
"""Readings that are kept."""
STATE_VALUES = ("velocity", "density", "temperature", "pressure")
"""What a reading shows beside flow and total, where the meter gives it and does not call it bad."""


class SteamMeterConnector(PolledConnector):
    """Reads one steam meter.

    `current_reading` and the getters show the last sample without waiting; `read_flow()` asks the meter.
    Averages, statistics and totals are of what was measured, or of what was simulated, never of both.
    """

    config: SteamMeterConfig

    def __init__(
        self, config: SteamMeterConfig, *, now_ns: Callable[[], int] = time.time_ns, **options: Any
    ) -> None:
        decoder = MeterDecoder(config)
        super().__init__(
            config, config.meter_id, decoder.channels, config.sampling_rate_hz, now_ns=now_ns, **options
        )
        # The protocol times each request. A limit on the poll would also count the wait for a shared line,
        # and open this meter's circuit for its silent neighbours' sake.
        self._calls.limit_seconds = None
        self.current_reading: FlowReading | None = None
        self.reading_history: deque[FlowReading] = deque(maxlen=HISTORY)
        self._decode = decoder
        self._protocol = config.protocol.value
        self._flow = decoder.column["flow_rate"]
        self._state_at = [(name, at) for name, at in decoder.column.items() if name in STATE_VALUES]
        self._simulator = SimulatedMeter(config, decoder, now_ns)
        self._counting = TotalCounting(config, decoder)
        self._records = {origin: self._counting.new_record() for origin in Origin}
        self._record = self._records[Origin.MEASURED]
        self._kind = source_kind(config.protocol)
        self._source = self._kind.source(config, self._clock, now_ns)
        if isinstance(self._source, ReturningSource):
            self._source.on_back = self._on_back

    @property
    def name(self) -> str:
        """Meter and address."""
        return (
            f"{self.config.meter_id} at {super().name} {source_kind(self.config.protocol).place(self.config)}"
        )

    @property
    def totalizer_state(self) -> TotalizerState:
        """The software side of the totaliser."""
        return self._record.totalizer

    async def read_flow(self) -> FlowReading:
        """Ask the meter for a reading now.

        Raises:
            NotConnectedError: connect() was not called.
            CircuitBreakerOpenError: the meter is known to be away and was not asked.
            ProtocolError: no answer, or not with what was asked; a timeout is a TimeoutError too.
        """
        await self.sample()
        assert self.current_reading is not None  # noqa: S101 - every sample makes a reading
        return self.current_reading

    def get_averaged_flow(self, window_seconds: float | None = None) -> float | None:
        """Return the time-weighted mean flow of the last seconds (by default the configured window)."""
        seconds = self.config.averaging_window_seconds if window_seconds is None else window_seconds
        return self._record.window.average(seconds, self._now_ns())

    def get_totalizer(self) -> dict[str, Any]:
        """Return the totaliser; totals are in its mass (volume, energy) unit, not a rate.

        `computed` is there, and True, when the meter has no totaliser and the flow was added up here.
        """
        state = self.totalizer_state
        mark = {"computed": True} if self._record.is_computed else {}
        return mark | {
            "current_total": state.current_total,
            "lifetime_total": state.lifetime_total,
            "rollover_count": state.rollover_count,
            "last_update": state.last_update,
            "unit": self.config.total_unit,
        }

    def reset_totalizer(self) -> None:
        """Count from 0 again; the meter's own register is not written."""
        self._record.restart_totalizer()

    def get_flow_statistics(self, window_minutes: float = 60) -> dict[str, Any]:
        """Return count, extremes, time-weighted mean and mean quality, or {"error": …} without a reading.

        The last 1,000 readings are kept: at 1 Hz a window longer than 16 minutes covers no more than those.
        """
        window, now_ns = self._record.window, self._now_ns()
        entries = window.since(now_ns - round(window_minutes * 60e9))
        if not entries:
            return {"error": f"no flow reading in the last {window_minutes:g} minutes"}
        flows = [entry.value for entry in entries]
        return {
            "count": len(flows),
            "min": min(flows),
            "max": max(flows),
            "avg": window.average(window_minutes * 60, now_ns),
            "current": flows[-1],
            "avg_quality": sum(entry.quality for entry in entries) / len(entries),
            "window_minutes": window_minutes,
            "unit": self.config.units,
        }

    async def _poll_impl(self) -> Sample:
        try:
            poll = await self._source.poll()
        finally:
            self.connection = self._source.connection
        return self._decode(poll)

    def _simulate_impl(self) -> Sample:
        return self._simulator.sample()

    async def _disconnect_impl(self) -> None:
        self.connection = None
        await self._source.close()

    def _accept(self, sample: Sample) -> None:
        self._record = record = self._records[sample.origin]
        at = self._flow
        flow = Flow(sample.values.item(at), sample.status.item(at), sample.time_ns, sample.origin)
        flags = flags_of(flow, record.window, self.config, self._decode.flow_resolution)
        quality = quality_score(flags)
        if not is_bad(flow.status):
            record.window.add(flow.time_ns, flow.value, quality)
        self.current_reading = self._reading(sample, flow, self._count(sample, flow), quality)
        self.reading_history.append(self.current_reading)

    def _grow_stale(self) -> None:
        reading = self.current_reading
        if reading and not reading.stale:
            self.current_reading = replace(
                reading, stale=True, quality_score=0.0, status=Status.UNCERTAIN_LAST_USABLE
            )

    def _count(self, sample: Sample, flow: Flow) -> Count:
        """Count on, and tell what the total reveals."""
        measured = MeasuredFlow(flow.value * self._decode.hourly, flow.status, flow.time_ns)
        given = self._counting.of(sample)
        count = self._counting.count(self._record, measured, *given)
        if count.event:
            self._tell(count.event)
        return count

    def _reading(self, sample: Sample, flow: Flow, count: Count, quality: float) -> FlowReading:
        made = sample if isinstance(sample, MeterSample) else None
        given = {
            name: sample.values.item(at) for name, at in self._state_at if not is_bad(sample.status.item(at))
        }
        density = given.get("density")
        return FlowReading(
            timestamp=sample.timestamp,
            flow_rate=flow.value,
            totalizer=count.total,
            velocity=given.get("velocity"),
            density=made.density if made and density is None else density,
            temperature=given.get("temperature"),
            pressure=given.get("pressure"),
            quality_score=quality,
            raw_value=made.raw_flow if made else None,
            unit=self.config.units,
            meter_id=self.config.meter_id,
            protocol=self._protocol,
            status=flow.status,
            origin=flow.origin,
            totalizer_status=count.status,
            totalizer_computed=count.is_computed,
        )
