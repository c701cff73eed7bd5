"""From what a poll brought to the meter's sample; pure, no I/O."""

import math

import numpy as np
from numpy.typing import NDArray

from integrations.devices.samples import Channel, Sample
from integrations.messages import Status
from integrations.protocols.finite import all_finite
from integrations.units import affine
from integrations.units.conversion import IDENTITY

from .config import SteamMeterConfig
from .flow_conversion import FlowConversion
from .readout import MeterPoll
from .sources import source_kind
from .steam_inputs import SteamInputs

Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]


class MeterSample(Sample, frozen=True, eq=False):
    """A sample in the configured units, with what its flow was made of."""

    raw_flow: float | None = None
    """Flow before calibration, for an analog meter the current in mA; None when the meter gave none."""
    density: float | None = None
    """Density in kg/m³ that was computed for the flow; None when it needed none."""


class MeterDecoder:
    """A meter's configuration compiled into arrays: one scale and offset per channel, alarms by column."""

    def __init__(self, config: SteamMeterConfig) -> None:
        self.readout = source_kind(config.protocol).readout(config)
        quantities = self.readout.quantities
        self.column = {quantity.name: at for at, quantity in enumerate(quantities)}
        self._flow = self.column["flow_rate"]
        self._convert_flow = FlowConversion(config, quantities[self._flow].unit)
        units = [config.unit_of(quantity.name, quantity.unit) for quantity in quantities]
        self.channels = tuple(
            Channel(f"{config.meter_id}-{quantity.name}", quantity.name, unit)
            for quantity, unit in zip(quantities, units, strict=True)
        )
        pairs = [
            affine(q.unit, unit) for q, unit in zip(quantities, units, strict=True) if q.name != "flow_rate"
        ]
        pairs.insert(self._flow, self._convert_flow.plain or IDENTITY)
        self._scale = np.array([pair.scale for pair in pairs])
        self._offset = np.array([pair.offset for pair in pairs])
        self._convert = bool(np.any(self._scale != 1) or np.any(self._offset != 0))
        self._factor, self._shift = config.calibration_factor, config.calibration_offset
        self._takes_flow = self._convert_flow.plain is None or self._factor != 1 or self._shift != 0
        self._steam = SteamInputs(config, self.channels) if self._convert_flow.needs_steam else None
        step = quantities[self._flow].resolution
        self.flow_resolution = step * self._convert_flow.scale * abs(self._factor)
        """Smallest step of the flow that the meter can show, in `units`; 0 when it has none to speak of."""
        self.hourly = affine(config.units, f"{config.total_unit}/h").scale
        """From the flow's unit to the total's per hour: 3600 for kg/s."""

    @property
    def resolutions(self) -> tuple[float, ...]:
        """Smallest step of each channel's value, in its unit; 0 where there is none to speak of."""
        steps = (quantity.resolution for quantity in self.readout.quantities)
        return tuple(step * abs(float(scale)) for step, scale in zip(steps, self._scale, strict=True))

    @property
    def total_resolution(self) -> float:
        """Smallest step of the total, in the unit it is handed on in; a total without steps counts by 1."""
        at = self.column.get("totalizer")
        if at is None:
            return 1.0
        return (self.readout.quantities[at].resolution or 1.0) * abs(float(self._scale[at]))

    @property
    def largest_total(self) -> float:
        """Largest total that the meter shows, in the unit it is handed on in."""
        return self.readout.largest_count * self.total_resolution

    def __call__(self, poll: MeterPoll) -> MeterSample:
        """Return the sample of a poll."""
        status = self._alarmed(poll.values, poll.status)
        values = poll.values * self._scale + self._offset if self._convert else poll.values
        raw_flow, density = float(values[self._flow]), None
        if self._takes_flow:
            values, status = values.copy(), status.copy()
            raw_flow, status[self._flow], density = self._computed(values, status)
            values[self._flow] = raw_flow * self._factor + self._shift
        values, status = _finite(values, status)
        if poll.current_ma is not None:
            raw_flow = poll.current_ma
        given = raw_flow if math.isfinite(raw_flow) else None
        return MeterSample(poll.time_ns, values, status, raw_flow=given, density=density)

    def _computed(self, values: Floats, status: Codes) -> tuple[float, int, float | None]:
        """Return the flow before calibration, its status, and the density it was made with."""
        steam = self._steam(values, status) if self._steam else None
        flow = self._convert_flow(float(values[self._flow]), int(status[self._flow]), steam)
        density = steam.density_kg_m3 if steam and math.isfinite(steam.density_kg_m3) else None
        return flow.value, flow.status, density

    def _alarmed(self, values: Floats, status: Codes) -> Codes:
        """Lower the status of what the meter itself doubts; the graver of two words stands."""
        for alarm in self.readout.alarms:
            raw = values[self.column[alarm.register]]
            if not math.isnan(raw) and int(raw) & alarm.mask == alarm.value:
                status = status.copy()
                about = [self.column[name] for name in alarm.about if name in self.column]
                columns = about if alarm.about else slice(None)
                status[columns] = np.maximum(status[columns], np.uint32(alarm.status))
        return status


def _finite(values: Floats, status: Codes) -> tuple[Floats, Codes]:
    """Give values that are not finite a Bad status of their own, unless the read already said why."""
    if all_finite(values):
        return values, status
    finite = np.isfinite(values)
    reason = np.where(np.isinf(values), Status.BAD_OUT_OF_RANGE, Status.BAD_SENSOR_FAILURE).astype(np.uint32)
    blamed = ~finite & (status < Status.BAD)
    return np.where(finite, values, np.nan), np.where(blamed, reason, status)
