"""A simulated meter for the simulation policy: its registers answer like the real one's, its readings say so.

Flow swings slowly around 60 % of the range; pressure, temperature and density are those of saturated steam.
"""

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from integrations.devices.samples import Channel
from integrations.messages import Status
from integrations.steam import (
    absolute_pressure_bar,
    saturated_vapour_density_kg_m3,
    saturation_temperature_c,
)
from integrations.units import affine

from .config import SteamMeterConfig
from .decode import MeterDecoder

PRESSURE_BAR_GAUGE = 10.0
SWING_SECONDS = 600.0
HOUR_SECONDS = 3600.0
_ABSOLUTE_BAR = absolute_pressure_bar(PRESSURE_BAR_GAUGE)
_IMAGINED = {
    "pressure": (PRESSURE_BAR_GAUGE, "barg"),
    "temperature": (saturation_temperature_c(_ABSOLUTE_BAR), "°C"),
    "density": (saturated_vapour_density_kg_m3(_ABSOLUTE_BAR), "kg/m3"),
    "velocity": (30.0, "m/s"),
    "status": (0.0, ""),
    "alarm": (0.0, ""),
}
"""Value and unit of what does not change."""


class SimulatedMeter:
    """Values of an imagined meter, in the units of the configured channels."""

    def __init__(
        self, config: SteamMeterConfig, decoder: MeterDecoder, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._mean_flow = config.flow_min + 0.6 * (config.flow_max - config.flow_min)
        self._rollover = config.totalizer_rollover
        self._channels = decoder.channels
        self._now_ns = now_ns
        self._began_ns = now_ns()
        self._steady = {c.quantity: _steady(c) for c in self._channels if c.quantity in _IMAGINED}

    def sample(self) -> tuple[int, NDArray[np.float64], NDArray[np.uint32]]:
        """Return time (UTC ns), values and StatusCodes, all GoodEdited: edited means not from the process."""
        now_ns = self._now_ns()
        seconds = (now_ns - self._began_ns) / 1e9
        swing = 0.05 * math.sin(2 * math.pi * seconds / SWING_SECONDS)
        values = self._steady | {
            "flow_rate": self._mean_flow * (1 + swing),
            "totalizer": self._mean_flow * seconds / HOUR_SECONDS % self._rollover,
        }
        row = np.array([values.get(channel.quantity, math.nan) for channel in self._channels])
        status = np.where(np.isnan(row), Status.BAD_OUT_OF_SERVICE, Status.GOOD_EDITED).astype(np.uint32)
        return now_ns, row, status


def _steady(channel: Channel) -> float:
    value, unit = _IMAGINED[channel.quantity]
    scale, offset = affine(unit, channel.unit)
    return float(value) * scale + offset
