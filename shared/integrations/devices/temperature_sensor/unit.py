"""TemperatureUnit: the temperature sensors of one Modbus unit, their readings and their faults."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

from msgspec.structs import replace

from integrations.devices.samples import DeviceEvent, Sample
from integrations.devices.sensor_unit import SensorUnit
from integrations.messages import Origin, Severity, Status, is_bad
from integrations.protocols.modbus import UnitPoll
from integrations.thermometry import SensorFault
from integrations.units import affine

from .config import TemperatureSensorConfig
from .decode import TemperatureDecoder, TemperatureSample
from .quality import flags_of, quality_score
from .readings import TemperatureReading
from .simulator import SimulatedSensors
from .smoothing import Good, Smoothing

HISTORY = 1000
"""Readings of each sensor that are kept."""


class TemperatureUnit(SensorUnit):
    """Polls the sensors of one unit; `configs` are of one connection.

    What goes to the bus is each sample alone, smoothing is for the getters. Means are of what was measured,
    or of what was simulated, never of both.
    """

    def __init__(
        self,
        configs: Sequence[TemperatureSensorConfig],
        *,
        now_ns: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> None:
        self.configs = tuple(configs)
        self._decode = TemperatureDecoder(self.configs)
        rate_hz = self.configs[0].sampling_rate_hz
        super().__init__(
            self.configs, self._decode.channels, self._decode.layout.table, rate_hz, now_ns=now_ns, **options
        )
        self.current_readings: dict[str, TemperatureReading] = {}
        self.reading_history: dict[str, deque[TemperatureReading]] = {
            sensor_id: deque(maxlen=HISTORY) for sensor_id in self.sensor_ids
        }
        self._simulator = SimulatedSensors(self.configs, self._decode, now_ns)
        self._smoothing = {origin: [_smoothing(config) for config in self.configs] for origin in Origin}
        self._to_c = [affine(config.unit, "°C").scale for config in self.configs]
        self._faults = [SensorFault.NONE] * len(self.configs)

    def _decode_impl(self, poll: UnitPoll) -> TemperatureSample:
        return self._decode(poll.values, poll.status, poll.time_ns)

    def _simulate_impl(self) -> TemperatureSample:
        return self._simulator.sample()

    def _accept(self, sample: Sample) -> None:
        assert _is_temperatures(sample)  # noqa: S101 - this unit makes no others
        for at, config in enumerate(self.configs):
            reading = self._reading(at, config, sample)
            self.current_readings[config.sensor_id] = reading
            self.reading_history[config.sensor_id].append(reading)
            if not self.simulating:
                self._follow_fault(at, reading, SensorFault(sample.faults[at]), sample)

    def _grow_stale(self) -> None:
        for sensor_id, reading in self.current_readings.items():
            if not reading.stale:
                self.current_readings[sensor_id] = replace(
                    reading, stale=True, quality_score=0.0, status=Status.UNCERTAIN_LAST_USABLE
                )

    def _reading(
        self, at: int, config: TemperatureSensorConfig, sample: TemperatureSample
    ) -> TemperatureReading:
        smoothing = self._smoothing[sample.origin][at]
        channel = self._decode.main[at]
        new = Good(sample.time_ns, float(sample.values[channel]))
        status = int(sample.status[channel])
        change = 0.0
        if not is_bad(status):
            change = smoothing.change_per_minute(new) * self._to_c[at]
            smoothing.add(new)
        mean = None if is_bad(status) else smoothing.mean
        fault = SensorFault(sample.faults[at])
        return TemperatureReading(
            timestamp=sample.timestamp,
            temperature=mean.value if mean else math.nan,
            unit=config.unit,
            sensor_id=config.sensor_id,
            quality_score=quality_score(flags_of(new.value, status, sample.origin, change, config)),
            cjc_temperature=sample.cold_junction_c(at),
            raw_value=new.value if mean else None,
            fault=fault.token if fault else None,
            status=status,
            origin=sample.origin,
        )

    def _follow_fault(
        self, at: int, reading: TemperatureReading, fault: SensorFault, sample: TemperatureSample
    ) -> None:
        """Tell when a sensor breaks, breaks otherwise, or is well again; an unread one says nothing."""
        before = self._faults[at]
        if fault is before or (is_bad(reading.status) and not fault):
            return
        self._faults[at] = fault
        config = self.configs[at]
        signal = float(sample.signals.values[at])
        shown = "no value" if math.isnan(signal) else f"{signal:g} {config.signal.unit}"
        now, kind = (
            (fault.words, "sensor_fault") if fault else (f"no {before.words} any more", "sensor_recovered")
        )
        self._tell(
            DeviceEvent(
                kind,
                f"{config.sensor_id} ({config.sensor_type.value}): {now}, its register shows {shown}",
                {
                    "sensor_id": config.sensor_id,
                    "fault": fault.token,
                    "before": before.token,
                    "signal": None if math.isnan(signal) else signal,
                    "unit": config.signal.unit,
                },
                config.sensor_id,
                Severity.WARNING if fault else Severity.INFO,
            )
        )


def _smoothing(config: TemperatureSensorConfig) -> Smoothing:
    period_ns = round(1e9 / config.sampling_rate_hz)
    return Smoothing(config.smoothing_window, 2 * config.smoothing_window * period_ns)


def _is_temperatures(sample: Sample) -> TypeGuard[TemperatureSample]:
    return isinstance(sample, TemperatureSample)
