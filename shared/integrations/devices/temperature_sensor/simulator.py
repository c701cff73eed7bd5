"""Samples of imagined sensors, for connectors whose unit cannot be reached."""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from integrations.devices.samples import marked_simulated
from integrations.thermometry import Thermocouple
from integrations.units import affine

from .config import TemperatureSensorConfig
from .decode import TemperatureDecoder, TemperatureSample
from .layout import Signals
from .sensors import Signal

LOAD = 0.45
"""Where between the lowest and the highest believable temperature a sensor stands."""
SWING = 0.01
RADIANS_PER_SECOND = 2 * math.pi / 600.0
COLD_JUNCTION_C = 25.0


class SimulatedSensors:
    """Temperatures that swing slowly around a place in each sensor's range, and their signals."""

    def __init__(
        self,
        configs: Sequence[TemperatureSensorConfig],
        decoder: TemperatureDecoder,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._configs = configs
        self._decoder = decoder
        self._ranges_c = [_range_c(config) for config in configs]
        self._now_ns = now_ns
        self._began_ns = now_ns()

    def sample(self) -> TemperatureSample:
        """Return a sample that is marked as simulated."""
        now_ns = self._now_ns()
        part = LOAD + SWING * math.sin(RADIANS_PER_SECOND * (now_ns - self._began_ns) / 1e9)
        temperatures = [low + part * (high - low) for low, high in self._ranges_c]
        cold = [_cold_junction_c(config) for config in self._configs]
        signals = [
            _signal(config, *both) for config, *both in zip(self._configs, temperatures, cold, strict=True)
        ]
        good = np.zeros(len(signals), np.uint32)
        return marked_simulated(
            self._decoder.sample(Signals(np.array(signals), good, np.array(cold), good), now_ns)
        )


def _signal(config: TemperatureSensorConfig, temperature_c: float, cold_c: float) -> float:
    model = config.sensor_type.model
    if config.signal is Signal.TEMPERATURE:
        return temperature_c
    if isinstance(model, Thermocouple):
        return float(model.emf_mv(temperature_c, cold_c))
    return float(model.resistance_ohm(temperature_c))


def _cold_junction_c(config: TemperatureSensorConfig) -> float:
    """Return the cold junction; NaN for a sensor that has none."""
    if not config.sensor_type.is_thermocouple:
        return math.nan
    return COLD_JUNCTION_C if config.cjc_temperature is None else config.cjc_temperature


def _range_c(config: TemperatureSensorConfig) -> tuple[float, float]:
    """Return what is both believable and measurable."""
    scale, offset = affine(config.unit, Signal.TEMPERATURE.unit)
    model = config.sensor_type.model
    low, high = (
        min(max(limit * scale + offset, model.lowest_c), model.highest_c)
        for limit in (config.min_temp, config.max_temp)
    )
    return low, high
