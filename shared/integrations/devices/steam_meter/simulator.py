"""A simulated meter for the simulation policy: its channels answer like the real one's, and say so.

Flow swings slowly around 60 % of the range and velocity with it, the totaliser counts just that flow;
pressure, temperature and density are those of saturated steam.
"""

import contextlib
import math
import time
from collections.abc import Callable, Iterable

import numpy as np

from integrations.devices.samples import Channel, Sample
from integrations.messages import Origin, Status
from integrations.steam import (
    absolute_pressure_bar,
    saturated_vapour_density_kg_m3,
    saturation_temperature_c,
)
from integrations.units import Affine, UnitError, affine

from .config import SteamMeterConfig
from .decode import MeterDecoder

PRESSURE_BAR_GAUGE = 10.0
MEAN_VELOCITY_M_S = 30.0
LOAD = 0.6
SWING = 0.05
RADIANS_PER_SECOND = 2 * math.pi / 600.0
_ABSOLUTE_BAR = absolute_pressure_bar(PRESSURE_BAR_GAUGE)
_STEADY = {
    "pressure": PRESSURE_BAR_GAUGE,
    "temperature": saturation_temperature_c(_ABSOLUTE_BAR),
    "density": saturated_vapour_density_kg_m3(_ABSOLUTE_BAR),
    "status": 0.0,
    "alarm": 0.0,
}
_UNITS = {
    "pressure": "barg",
    "temperature": "°C",
    "density": "kg/m3",
    "velocity": "m/s",
    "status": "",
    "alarm": "",
}
"""What is imagined beside flow and total, and in which unit."""


class SimulatedMeter:
    """Samples of an imagined meter, in the units of the configured channels."""

    def __init__(
        self, config: SteamMeterConfig, decoder: MeterDecoder, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        low = max(config.flow_min, config.min_valid_flow)
        high = min(config.flow_max, config.max_valid_flow)
        self._mean_flow = low + LOAD * (high - low)
        self._total_per_second = self._mean_flow * decoder.hourly / 3600.0
        self._modulus = decoder.largest_total + decoder.total_resolution
        self._names = [channel.quantity for channel in decoder.channels]
        self._into_unit = _conversions(decoder.channels)
        self._now_ns = now_ns
        self._began_ns = now_ns()

    def sample(self) -> Sample:
        """Return a sample whose values are all GoodEdited: edited means not from the process."""
        now_ns = self._now_ns()
        known = self._values((now_ns - self._began_ns) / 1e9)
        values = np.array([known.get(name, math.nan) for name in self._names])
        status = np.where(np.isnan(values), Status.BAD_OUT_OF_SERVICE, Status.GOOD_EDITED).astype(np.uint32)
        return Sample(now_ns, values, status, Origin.SIMULATED)

    def _values(self, seconds: float) -> dict[str, float]:
        angle = RADIANS_PER_SECOND * seconds
        load = 1 + SWING * math.sin(angle)
        mean_load_seconds = seconds + SWING * (1 - math.cos(angle)) / RADIANS_PER_SECOND
        imagined = {**_STEADY, "velocity": MEAN_VELOCITY_M_S * load}
        shown = {name: imagined[name] * scale + offset for name, (scale, offset) in self._into_unit.items()}
        return shown | {
            "flow_rate": self._mean_flow * load,
            "totalizer": self._total_per_second * mean_load_seconds % self._modulus,
        }


def _conversions(channels: Iterable[Channel]) -> dict[str, Affine]:
    """Return how to show each imagined value; one whose channel has a unit of another kind is left out."""
    found = {}
    for channel in channels:
        with contextlib.suppress(UnitError, KeyError):
            found[channel.quantity] = affine(_UNITS[channel.quantity], channel.unit)
    return found
