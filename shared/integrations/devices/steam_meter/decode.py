"""From a poll's register values to the meter's sample; pure, no I/O."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integrations.devices.samples import Channel, Sample
from integrations.messages import Status
from integrations.units import affine

from .config import SteamMeterConfig
from .layout import layout_of

Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class MeterSample(Sample):
    """A sample in the configured units, and the flow before calibration; None when the meter gave none."""

    raw_flow: float | None = None


class MeterDecoder:
    """A meter's configuration compiled into arrays: one scale and offset per channel, alarms by column."""

    def __init__(self, config: SteamMeterConfig) -> None:
        self.layout = layout_of(config)
        registers = self.layout.table.registers
        units = [config.unit_of(register.name, register.unit) for register in registers]
        self.channels = tuple(
            Channel(f"{config.meter_id}-{register.name}", register.name, unit)
            for register, unit in zip(registers, units, strict=True)
        )
        self.column = {register.name: at for at, register in enumerate(registers)}
        pairs = [affine(register.unit, unit) for register, unit in zip(registers, units, strict=True)]
        self._scale = np.array([pair.scale for pair in pairs])
        self._offset = np.array([pair.offset for pair in pairs])
        self._convert = bool(np.any(self._scale != 1) or np.any(self._offset != 0))
        self._factor, self._shift = config.calibration_factor, config.calibration_offset
        self._flow = self.column["flow_rate"]
        self.hourly = affine(config.units, f"{config.total_unit}/h").scale
        """From the flow's unit to the total's per hour: 3600 for kg/s."""

    @property
    def total_resolution(self) -> float:
        """One count of the totaliser's register, in the unit the total is handed on in."""
        at = self.column.get("totalizer")
        return 1.0 if at is None else abs(self.layout.table.registers[at].scale * float(self._scale[at]))

    @property
    def largest_total(self) -> float:
        """Largest total that the register shows, in the unit the total is handed on in."""
        return self.layout.totalizer_rollover * self.total_resolution

    def __call__(self, values: Floats, status: Codes, time_ns: int) -> MeterSample:
        """Return the sample.

        Args:
            values: register values (registers,), NaN where not read.
            status: StatusCodes (registers,) of the read.
            time_ns: UTC nanoseconds of the answer.
        """
        alarmed = self._alarmed(values, status)
        if self._convert:
            values = values * self._scale + self._offset
        raw_flow = float(values[self._flow])
        if self._factor != 1 or self._shift != 0:
            values = values.copy()
            values[self._flow] = raw_flow * self._factor + self._shift
        values, status = _finite(values, alarmed)
        given = raw_flow if math.isfinite(raw_flow) else None
        return MeterSample(time_ns, values, status, raw_flow=given)

    def _alarmed(self, values: Floats, status: Codes) -> Codes:
        """Lower the status of what the meter itself doubts; the graver of two words stands."""
        for alarm in self.layout.alarms:
            raw = values[self.column[alarm.register]]
            if not math.isnan(raw) and int(raw) & alarm.mask == alarm.value:
                status = status.copy()
                about = [self.column[name] for name in alarm.about if name in self.column]
                columns = about if alarm.about else slice(None)
                status[columns] = np.maximum(status[columns], np.uint32(alarm.status))
        return status


def _finite(values: Floats, status: Codes) -> tuple[Floats, Codes]:
    """Give values that are not finite a Bad status of their own, unless the read already said why."""
    finite = np.isfinite(values)
    if np.count_nonzero(finite) == len(values):
        return values, status
    reason = np.where(np.isinf(values), Status.BAD_OUT_OF_RANGE, Status.BAD_SENSOR_FAILURE).astype(np.uint32)
    blamed = ~finite & (status < Status.BAD)
    return np.where(finite, values, np.nan), np.where(blamed, reason, status)
