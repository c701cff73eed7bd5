"""From the register values of one unit to the pressures of its sensors; pure, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integrations.devices.samples import Channel, Sample
from integrations.devices.shared_table import shared_table
from integrations.protocols.modbus import Register
from integrations.units import affine

from .config import PressureSensorConfig

Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]


class PressureSample(Sample, frozen=True, eq=False, kw_only=True):
    """A sample of one unit's channels, and each before calibration."""

    raw: Floats


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sensor's values lie among the channels of its unit."""

    pressure: int
    temperature: int | None


class PressureDecoder:
    """The sensors of one unit compiled into arrays: for each channel its register, a scale and an offset.

    Raises:
        ConfigurationError: registers of two sensors overlap without being the same.
    """

    def __init__(self, configs: Sequence[PressureSensorConfig]) -> None:
        channels: list[Channel] = []
        registers: list[Register] = []
        places: list[Place] = []
        scales: list[tuple[float, float, float]] = []
        for config in configs:
            pressure, temperature = config.registers()
            places.append(Place(len(channels), len(channels) + 1 if temperature else None))
            channels.append(Channel(config.sensor_id, config.quantity, config.marked_unit))
            registers.append(pressure)
            scales.append(_scales(config, pressure.unit))
            if temperature:
                channels.append(Channel(temperature.name, "temperature", temperature.unit))
                registers.append(temperature)
                scales.append((1.0, 1.0, 0.0))
        first = configs[0]
        self.table, self._columns = shared_table(
            registers, first.max_registers_per_request, first.max_register_gap
        )
        self.channels = tuple(channels)
        self.places = tuple(places)
        self._raw_scale, self._scale, self._offset = np.array(scales).T

    def __call__(self, values: Floats, status: Codes, time_ns: int) -> PressureSample:
        """Return the sample.

        Args:
            values: register values (registers,), NaN where there is none.
            status: StatusCodes (registers,).
            time_ns: UTC nanoseconds of the answer.
        """
        raw = values[self._columns] * self._raw_scale
        return PressureSample(time_ns, raw * self._scale + self._offset, status[self._columns], raw=raw)


def _scales(config: PressureSensorConfig, register_unit: str) -> tuple[float, float, float]:
    """Return from the register to `unit`, and from there by calibration and barometer to the pressure."""
    scale, barometer = affine(
        register_unit,
        config.unit,
        unmarked=config.reference,
        barometer_bar=config.barometric_pressure_bar,
    )
    shift = config.calibration_offset - config.zero_pressure_offset + barometer
    return scale, config.calibration_factor, shift
