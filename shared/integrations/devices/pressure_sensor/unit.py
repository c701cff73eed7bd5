"""PressureUnit: the pressure sensors of one Modbus unit, their readings and their drift."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from integrations.devices.bursts import Burst
from integrations.devices.modbus_sensor import by_connection
from integrations.devices.samples import DeviceEvent, Sample
from integrations.devices.sensor_array import check_ids
from integrations.devices.sensor_unit import SensorUnit
from integrations.devices.window import Window
from integrations.messages import Origin, Status, is_bad
from integrations.protocols.modbus import UnitPoll

from .config import PressureSensorConfig
from .decode import Place, PressureDecoder, PressureSample
from .drift import DriftChange, DriftDetector
from .quality import Pressure, PressureJudge, quality_score
from .readings import PressureReading
from .simulator import SimulatedPressures

HISTORY = 1000
"""Readings that are kept of each sensor."""


class PressureSensor:
    """One sensor of a unit: its readings, and what they are judged by.

    What was measured and what was simulated are never compared with each other.
    """

    def __init__(self, config: PressureSensorConfig, place: Place) -> None:
        self.config = config
        self.place = place
        self.reading: PressureReading | None = None
        self.history: deque[PressureReading] = deque(maxlen=HISTORY)
        self.drift = DriftDetector(config.drift_detection_threshold / config.bar_per_unit)
        self._judge = PressureJudge(config)
        self._windows = {origin: Window() for origin in Origin}

    def accept(self, sample: Sample) -> None:
        """Make the sensor's reading of a sample."""
        at, config = self.place.pressure, self.config
        value, status = float(sample.values[at]), int(sample.status[at])
        raw = float(sample.raw[at]) if isinstance(sample, PressureSample) else math.nan
        drifting = isinstance(sample, PressureSample) and self.drift.drifting
        window = self._windows[sample.origin]
        flags = self._judge.flags(Pressure(value, status, sample.time_ns, sample.origin), window)
        quality = quality_score(flags)
        if not is_bad(status):
            window.add(sample.time_ns, value, quality)
        self.reading = PressureReading(
            timestamp=sample.timestamp,
            pressure=value,
            unit=config.unit,
            sensor_id=config.sensor_id,
            pressure_type=config.pressure_type,
            temperature=self._temperature(sample),
            quality_score=quality,
            raw_value=raw if math.isfinite(raw) else None,
            status=status,
            origin=sample.origin,
            drifting=drifting,
        )
        self.history.append(self.reading)

    def grow_stale(self) -> None:
        """Mark the reading as older than it ought to be."""
        reading = self.reading
        if reading and not reading.stale:
            self.reading = replace(
                reading, stale=True, quality_score=0.0, status=Status.UNCERTAIN_LAST_USABLE
            )

    def _temperature(self, sample: Sample) -> float | None:
        at = self.place.temperature
        return None if at is None or is_bad(int(sample.status[at])) else float(sample.values[at])


class PressureUnit(SensorUnit):
    """Polls the sensors of one unit; in burst mode several samples are handed on at once."""

    config: PressureSensorConfig

    def __init__(
        self,
        configs: Sequence[PressureSensorConfig],
        *,
        now_ns: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> None:
        decoder = PressureDecoder(configs)
        first = configs[0]
        super().__init__(configs, decoder.channels, decoder.table, first.rate_hz, now_ns=now_ns, **options)
        self.sensors = {
            config.sensor_id: PressureSensor(config, place)
            for config, place in zip(configs, decoder.places, strict=True)
        }
        self._decode = decoder
        self._simulator = SimulatedPressures(configs, decoder.channels, now_ns)
        self._burst = Burst(first.sampling_rate_hz, first.rate_hz)

    def _decode_impl(self, poll: UnitPoll) -> Sample:
        sample = self._decode(poll.values, poll.status, poll.time_ns)
        for sensor in self.sensors.values():
            at = sensor.place.pressure
            if is_bad(int(sample.status[at])):
                continue
            if change := sensor.drift.update(float(sample.values[at])):
                self._tell(_drift_event(sensor.config, change))
            if sensor.drift.drifting:
                sample.status[at] = np.maximum(sample.status[at], Status.UNCERTAIN_SENSOR_NOT_ACCURATE)
        return sample

    async def _hand_on(self, sample: Sample) -> None:
        for ready in self._burst.add(sample):
            await super()._hand_on(ready)

    async def _disconnect_impl(self) -> None:
        for ready in self._burst.rest():
            await super()._hand_on(ready)
        await super()._disconnect_impl()

    def _simulate_impl(self) -> Sample:
        return self._simulator.sample()

    def _accept(self, sample: Sample) -> None:
        for sensor in self.sensors.values():
            sensor.accept(sample)

    def _grow_stale(self) -> None:
        for sensor in self.sensors.values():
            sensor.grow_stale()


def pressure_units(configs: Sequence[PressureSensorConfig], **options: Any) -> list[PressureUnit]:
    """Return what polls these sensors: one unit, rate and patience, one poll.

    Raises:
        ConfigurationError: no sensor, one id twice, or registers that overlap.
    """
    check_ids(configs)
    return [PressureUnit(group, **options) for group in by_connection(configs, "burst_mode_hz")]


def _drift_event(config: PressureSensorConfig, change: DriftChange) -> DeviceEvent:
    unit = config.unit
    text = (
        f"{config.sensor_id} reads {change.recent:.6g} {unit}, "
        f"{change.shift:+.3g} {unit} off its baseline of {change.baseline:.6g} {unit}"
    )
    facts: dict[str, float | int | str | None] = {
        "baseline": change.baseline,
        "recent": change.recent,
        "shift": change.shift,
        "threshold": config.drift_detection_threshold / config.bar_per_unit,
        "unit": unit,
    }
    kind = "sensor_drift" if change.drifting else "sensor_drift_over"
    return DeviceEvent(kind, text if change.drifting else f"{text}: drift is over", facts, config.sensor_id)
