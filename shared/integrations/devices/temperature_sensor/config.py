"""Configuration of a temperature sensor."""

from collections.abc import Iterable
from typing import Annotated, Any

from msgspec import Meta
from msgspec.structs import replace

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_sensor import ModbusSensorConfig
from integrations.protocols.modbus import Register, RegisterType
from integrations.thermometry import COLDEST_JUNCTION_C, HOTTEST_JUNCTION_C
from integrations.units import UnitError, affine

from .registers import DEFAULT, PRESETS, cold_junction_register
from .sensors import Signal, TemperatureSensorType

CJC_KEYS = ("cjc_register", "cjc_temperature")


class TemperatureSensorConfig(ModbusSensorConfig, frozen=True):
    """A temperature sensor: where it is read, what its register holds, which temperatures are believable.

    With nothing said about its register it is holding register 0 of unit 1, a temperature in 0.1 °C (int16).
    Ohms and millivolts default to float32; whole numbers of those need a `register_scale`.
    """

    sensor_id: Annotated[str, Meta(max_length=64)] = "temp_sensor_1"
    sensor_type: TemperatureSensorType = TemperatureSensorType.RTD_PT100
    min_temp: float = 0.0
    """Lowest believable temperature, in `unit`."""
    max_temp: float = 400.0
    unit: str = "C"
    """Of what is handed on: C, F or K."""
    smoothing_window: Annotated[int, Meta(ge=1, le=1000)] = 5
    """Good samples of which the getters show the mean; 1 shows each as it is."""
    max_temp_change_rate: Annotated[float, Meta(gt=0)] = 10.0
    """Largest believable change in °C per minute, whatever `unit` is."""
    signal: Signal = Signal.TEMPERATURE
    preset: str | None = None
    channel: Annotated[int, Meta(ge=0)] = 0
    """Channel of a preset's module, from 0."""
    register_unit: str | None = None
    """Unit of the register, if it is not °C, ohm or mV."""
    cjc_register: int | dict[str, Any] | None = None
    """Register of a thermocouple's cold junction: an address (int16, 0.1 °C), or as in a register map."""
    cjc_temperature: Annotated[float, Meta(ge=COLDEST_JUNCTION_C, le=HOTTEST_JUNCTION_C)] | None = None
    """Cold junction held at this temperature (a reference block), in °C."""

    @property
    def register(self) -> Register:
        """The register that holds the signal, named after the sensor.

        Raises:
            ConfigurationError: the keys contradict each other.
        """
        register = self.register_from(self._start(), self.sensor_id)
        return replace(register, unit=self.register_unit or register.unit)

    @property
    def cold_junction(self) -> Register | None:
        """The register that holds the cold junction's temperature.

        Raises:
            ConfigurationError: it is described wrongly.
        """
        if self.cjc_register is None:
            return None
        return cold_junction_register(self.cjc_register, self.register.function)

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        yield from super().faults()
        if self.min_temp >= self.max_temp:
            yield Fault("", "min_temp", self.min_temp, f"must be below max_temp = {self.max_temp:g}")
        yield from _unit_faults("unit", self.unit, Signal.TEMPERATURE.unit)
        found = [*self._preset_faults(), *self._signal_faults(), *self._cjc_faults()]
        yield from found or self._register_faults()

    def _start(self) -> Register:
        """Return the register before this configuration's own keys."""
        if self.preset:
            return PRESETS[self.preset].register(self.signal, self.channel)
        start = DEFAULT[self.signal]
        is_float = self.register_type is not None and self.register_type.is_float
        return replace(start, scale=1.0) if is_float else start  # who sends floats sends whole degrees

    def _preset_faults(self) -> Iterable[Fault]:
        if self.preset is None:
            if self.channel:
                yield Fault("", "channel", self.channel, "needs a preset; else say register_address")
            return
        preset = PRESETS.get(self.preset)
        if preset is None:
            yield Fault("", "preset", self.preset, f"must be one of {', '.join(PRESETS)}")
            return
        if self.channel >= preset.channels:
            yield Fault("", "channel", self.channel, f"must be 0..{preset.channels - 1} for {self.preset}")
        if self.signal not in preset.registers:
            allowed = f"must be {' or '.join(preset.registers)} for {self.preset}"
            yield Fault("", "signal", self.signal, allowed)
        if preset.for_thermocouples is not self.sensor_type.is_thermocouple:
            kind = "a thermocouple" if preset.for_thermocouples else "an RTD"
            yield Fault("", "sensor_type", self.sensor_type, f"must be {kind} for {self.preset}")

    def _signal_faults(self) -> Iterable[Fault]:
        wrong = Signal.OHMS if self.sensor_type.is_thermocouple else Signal.MILLIVOLTS
        if self.signal is wrong:
            allowed = f"must be another for sensor_type {self.sensor_type.value}, which gives none"
            yield Fault("", "signal", self.signal, allowed)

    def _cjc_faults(self) -> Iterable[Fault]:
        given = [key for key in CJC_KEYS if getattr(self, key) is not None]
        if not self.sensor_type.is_thermocouple:
            for key in given:
                yield Fault("", key, getattr(self, key), "is for thermocouples")
        elif self.signal is Signal.MILLIVOLTS:
            if len(given) != 1:
                allowed = "must be millivolts with either cjc_register or cjc_temperature beside it"
                yield Fault("", "signal", self.signal, allowed)
        elif self.cjc_temperature is not None:
            allowed = "is for signal millivolts: what gives a temperature has compensated already"
            yield Fault("", "cjc_temperature", self.cjc_temperature, allowed)

    def _register_faults(self) -> Iterable[Fault]:
        if faults := [*self.register_faults(self._start())]:
            yield from faults
            return
        yield from _unit_faults("register_unit", self.register.unit, self.signal.unit)
        try:
            cold = self.cold_junction
        except ConfigurationError as error:
            yield from error.faults
            return
        if cold and cold.type is RegisterType.STRING:
            yield Fault("cjc_register", "type", cold.type, "must be a number's")
        if cold:
            yield from _unit_faults("cjc_register.unit", cold.unit, Signal.TEMPERATURE.unit)


def _unit_faults(key: str, unit: str, wanted: str) -> Iterable[Fault]:
    try:
        affine(unit, wanted)
    except UnitError as error:
        yield Fault("", key, unit, f"must be a unit like {wanted}: {error}")
