"""From a poll's register values to the temperatures of all sensors of a unit; pure, no I/O."""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from integrations.devices.samples import Channel, Sample
from integrations.messages import Status
from integrations.thermometry import Conversion, SensorFault, Thermocouple, within
from integrations.units import affine

from .config import TemperatureSensorConfig
from .layout import Codes, Floats, Index, Signals, UnitLayout
from .sensors import Signal, TemperatureSensorType

RAW_QUANTITIES = {Signal.OHMS: "resistance", Signal.MILLIVOLTS: "emf"}
"""What is handed on beside the temperature that is made of it."""


class TemperatureSample(Sample, frozen=True, eq=False, kw_only=True):
    """A sample of the unit's channels, and what stands behind it by sensor."""

    signals: Signals
    faults: NDArray[np.uint8]
    """Codes of SensorFault."""

    def cold_junction_c(self, sensor: int) -> float | None:
        """Return the temperature of a sensor's cold junction; None without a good one."""
        cold = float(self.signals.cold_c[sensor])
        return None if math.isnan(cold) or self.signals.cold_status[sensor] else cold


class TemperatureDecoder:
    """The sensors of one unit compiled into arrays: one conversion for all sensors of a kind."""

    def __init__(self, configs: Sequence[TemperatureSensorConfig]) -> None:
        self.layout = UnitLayout(configs)
        self.channels, self.main, self._source = _channels(configs)
        self._kinds = _kinds(configs)
        self._needs_cold = np.array([config.signal is Signal.MILLIVOLTS for config in configs])
        pairs = [affine(Signal.TEMPERATURE.unit, config.unit) for config in configs]
        self._scale = np.array([pair.scale for pair in pairs])
        self._offset = np.array([pair.offset for pair in pairs])

    def __call__(self, values: Floats, status: Codes, time_ns: int) -> TemperatureSample:
        """Return the sample.

        Args:
            values: register values (registers,), NaN where not read.
            status: StatusCodes (registers,) of the read.
            time_ns: UTC nanoseconds of the answer.
        """
        return self.sample(self.layout.signals(values, status), time_ns)

    def sample(self, signals: Signals, time_ns: int) -> TemperatureSample:
        """Return the sample of the sensors' signals; a sensor with a fault has no value and is Bad."""
        temperature_c, faults = self._convert(signals)
        unread = _unread(signals.status)
        without_cold = _unread(signals.cold_status) & self._needs_cold & ~unread
        faults[unread | without_cold] = SensorFault.NONE
        status = np.where(faults == SensorFault.NONE, Status.GOOD, Status.BAD_SENSOR_FAILURE)
        status = np.where(unread, signals.status, status)
        status = np.where(without_cold, signals.cold_status, status).astype(np.uint32)
        temperature = temperature_c * self._scale + self._offset
        values = np.concatenate((temperature, signals.values, signals.cold_c))
        codes = np.concatenate((status, signals.status, signals.cold_status))
        return TemperatureSample(
            time_ns, values[self._source], codes[self._source], signals=signals, faults=faults
        )

    def _convert(self, signals: Signals) -> Conversion:
        """Convert all signals; an infinite one, which a poll marks as out of range, is beyond every range."""
        given = np.where(signals.status == Status.BAD_OUT_OF_RANGE, np.inf, signals.values)
        temperature_c, faults = np.empty(given.size), np.empty(given.size, np.uint8)
        for (signal, sensor_type), members in self._kinds.items():
            model, mine = sensor_type.model, given[members]
            if signal is Signal.TEMPERATURE:
                found = within(mine, model.lowest_c, model.highest_c)
            elif isinstance(model, Thermocouple):
                found = model.temperature_c(mine, signals.cold_c[members])
            else:
                found = model.temperature_c(mine)
            temperature_c[members], faults[members] = found
        return Conversion(temperature_c, faults)


def _unread(status: Codes) -> NDArray[np.bool_]:
    """Registers that did not come; NaN and infinity came, and are the sensor's own word."""
    own_words = (Status.GOOD, Status.BAD_SENSOR_FAILURE, Status.BAD_OUT_OF_RANGE)
    return np.isin(status, own_words, invert=True)


def _kinds(
    configs: Sequence[TemperatureSensorConfig],
) -> dict[tuple[Signal, TemperatureSensorType], Index]:
    """Group sensors by what converts them."""
    members: dict[tuple[Signal, TemperatureSensorType], list[int]] = defaultdict(list)
    for at, config in enumerate(configs):
        members[config.signal, config.sensor_type].append(at)
    return {kind: np.array(places, np.intp) for kind, places in members.items()}


def _channels(configs: Sequence[TemperatureSensorConfig]) -> tuple[tuple[Channel, ...], Index, Index]:
    """Return the channels, which of them are the sensors' temperatures, and where each one's value is.

    Values are the temperatures of all sensors, then their signals, then their cold junctions.
    """
    channels: list[Channel] = []
    main, source = [], []
    count = len(configs)
    for at, config in enumerate(configs):
        main.append(len(channels))
        channels.append(Channel(config.sensor_id, "temperature", config.unit))
        source.append(at)
        if raw := RAW_QUANTITIES.get(config.signal):
            channels.append(Channel(f"{config.sensor_id}-{raw}", raw, config.signal.unit))
            source.append(count + at)
        if config.cjc_register is not None:
            channels.append(Channel(f"{config.sensor_id}-cjc_temperature", "cjc_temperature", "°C"))
            source.append(2 * count + at)
    return tuple(channels), np.array(main, np.intp), np.array(source, np.intp)
