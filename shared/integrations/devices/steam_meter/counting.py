"""The total of a meter: as its totaliser shows it, or added up here when it has none."""

import math

from msgspec import Struct

from integrations.devices.samples import DeviceEvent, Sample
from integrations.messages import Status, is_bad

from .config import SteamMeterConfig
from .decode import MeterDecoder
from .flow_record import FlowRecord
from .integrator import FlowIntegrator, MeasuredFlow
from .totalizer import Total, TotalizerEvent, TotalizerTracker

NOT_THERE = (Status.BAD_CONFIGURATION_ERROR, Status.BAD_OUT_OF_SERVICE)
"""What a meter says, or we about it, when it has no totaliser where one was configured."""
PERIODS = 3
"""Polls that may be lost before a gap in the flow is too long to be added up."""


class Count(Struct, frozen=True):
    """A total as a reading shows it: NaN when the meter gave none, 0 when none is wanted."""

    total: float
    status: int = Status.GOOD
    is_computed: bool = False
    event: DeviceEvent | None = None


_NOT_WANTED = Count(0.0)


class TotalCounting:
    """Counts for one meter, into the record that a sample belongs to."""

    def __init__(self, config: SteamMeterConfig, decoder: MeterDecoder) -> None:
        self._config = config
        self._decoder = decoder
        self._at = decoder.column.get("totalizer") if config.enable_totalizer else None

    def new_record(self) -> FlowRecord:
        """Return a record of nothing yet."""
        config, decoder = self._config, self._decoder
        most = max(abs(config.min_valid_flow), abs(config.max_valid_flow)) * decoder.hourly
        gap_seconds = max(config.averaging_window_seconds, PERIODS / config.sampling_rate_hz)
        return FlowRecord(
            TotalizerTracker(decoder.largest_total, decoder.total_resolution, most),
            FlowIntegrator(gap_seconds, may_run_backwards=config.min_valid_flow < 0),
        )

    def count(self, record: FlowRecord, flow: MeasuredFlow, total: float, status: int) -> Count:
        """Take one sample: its flow, and the total the meter gave with its StatusCode."""
        if not self._config.enable_totalizer:
            return _NOT_WANTED
        record.is_computed = self._at is None or status in NOT_THERE
        if record.is_computed:
            return self._add_up(record, flow)
        if is_bad(status):
            return Count(math.nan, status)
        event = record.tracker.update(record.totalizer, Total(total, flow.time_ns, flow.per_hour))
        return Count(total, status, event=self._told(event, record) if event else None)

    def of(self, sample: Sample) -> tuple[float, int]:
        """Return the total that a sample has, with its StatusCode."""
        if self._at is None:
            return math.nan, Status.GOOD
        return float(sample.values[self._at]), int(sample.status[self._at])

    def _add_up(self, record: FlowRecord, flow: MeasuredFlow) -> Count:
        gap_seconds = record.integrator.update(record.totalizer, flow)
        event = None
        if gap_seconds is not None:
            event = DeviceEvent(
                "totalizer_gap",
                f"no flow for {gap_seconds:.3g} s: what passed then is not in the computed total",
                {"seconds": gap_seconds, "total": record.totalizer.current_total, "unit": self._unit},
            )
        status = record.integrator.status if flow.is_usable else Status.UNCERTAIN_LAST_USABLE
        return Count(record.totalizer.current_total, status, is_computed=True, event=event)

    @property
    def _unit(self) -> str:
        return self._config.total_unit

    def _told(self, event: TotalizerEvent, record: FlowRecord) -> DeviceEvent:
        state = record.totalizer
        return DeviceEvent(
            f"totalizer_{event.value}",
            f"totaliser went from {state.previous_total:.12g} to {state.current_total:.12g} {self._unit}: "
            + event.value.replace("_", " "),
            {"before": state.previous_total, "after": state.current_total, "unit": self._unit},
        )
