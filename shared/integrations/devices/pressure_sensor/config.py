"""Configuration of a pressure sensor."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_sensor import ModbusSensorConfig
from integrations.protocols.modbus import Register
from integrations.units import STANDARD_BAROMETER_BAR, PressureReference, UnitError, affine, parse_unit

from .registers import DEFAULT, PRESETS, Preset

SKEW_PERIODS = 1.5
"""Two sensors on grids of their own are up to one period apart, and a little."""


class PressureType(Enum):
    """What a pressure is measured against: nothing, the air at the site, another pressure."""

    ABSOLUTE = "absolute"
    GAUGE = "gauge"
    DIFFERENTIAL = "differential"


class PressureSensorType(Enum):
    """How the cell works."""

    STRAIN_GAUGE = "strain_gauge"
    PIEZOELECTRIC = "piezoelectric"
    CAPACITIVE = "capacitive"
    RESONANT = "resonant"


_MARKS = {PressureType.GAUGE: "g", PressureType.ABSOLUTE: "a", PressureType.DIFFERENTIAL: ""}


class PressureSensorConfig(ModbusSensorConfig, frozen=True):
    """A pressure sensor: where it is, what its register holds, which pressures are believable.

    pressure = raw × calibration_factor + calibration_offset − zero_pressure_offset, in `unit`; then brought
    from the register's reference to `pressure_type`, where `register_unit` says that they differ (`bara`).
    """

    sensor_id: Annotated[str, Meta(max_length=64)] = "pressure_sensor_1"
    sensor_type: PressureSensorType = PressureSensorType.STRAIN_GAUGE
    pressure_type: PressureType = PressureType.GAUGE
    preset: str | None = None
    min_pressure: float = 0.0
    max_pressure: float = 20.0
    unit: str = "bar"
    register_unit: str | None = None
    """Unit in which the register holds the pressure; left alone the preset's, else `unit`."""
    temperature_register_address: Annotated[int, Meta(ge=0, le=65535)] | None = None
    """Register of the same kind that holds the sensor's own temperature, in °C."""
    barometric_pressure_bar: Annotated[float, Meta(ge=0.5, le=1.1)] = STANDARD_BAROMETER_BAR
    """Pressure of the air at the site, absolute; 0.5 bar is 5,500 m up."""
    burst_mode_hz: Annotated[float, Meta(gt=0, le=1000)] | None = None
    """Samples a second; they travel in `sampling_rate_hz` messages a second."""
    calibration_factor: float = 1.0
    calibration_offset: float = 0.0
    zero_pressure_offset: float = 0.0
    """What the sensor shows at zero pressure, in `unit`."""
    max_pressure_change_rate: Annotated[float, Meta(gt=0)] = 5.0
    """Largest believable change, in bar per second whatever the unit."""
    drift_detection_threshold: Annotated[float, Meta(gt=0)] = 0.1
    """Lasting shift from the baseline that counts as drift, in bar whatever the unit."""
    max_time_skew_seconds: Annotated[float, Meta(gt=0)] | None = None
    """How far apart readings that are compared may be; left alone, 1.5 periods of the slower sensor."""

    @property
    def reference(self) -> PressureReference:
        """The pressure type in the words of units."""
        return PressureReference(self.pressure_type.value)

    @property
    def quantity(self) -> str:
        """What the sensor's readings on the bus are called."""
        is_difference = self.pressure_type is PressureType.DIFFERENTIAL
        return "differential_pressure" if is_difference else "pressure"

    @property
    def marked_unit(self) -> str:
        """The unit with its reference, as readings carry it on the bus: barg, psia; a difference has none."""
        return self.unit if parse_unit(self.unit).reference else f"{self.unit}{_MARKS[self.pressure_type]}"

    @property
    def bar_per_unit(self) -> float:
        """A pressure difference of one `unit` in bar."""
        return affine(self.unit, "bar").scale

    @property
    def rate_hz(self) -> float:
        """How often the sensor is polled."""
        return self.burst_mode_hz or self.sampling_rate_hz

    @property
    def skew_limit_seconds(self) -> float:
        """How old a reading of this sensor may be beside a newer one of another."""
        return self.max_time_skew_seconds or SKEW_PERIODS / self.rate_hz

    def registers(self) -> tuple[Register, Register | None]:
        """Return the registers of pressure and temperature, each with its unit.

        Raises:
            ConfigurationError: the keys of the register contradict each other.
        """
        preset = self._preset
        unit = self.register_unit or preset.pressure.unit or self.unit
        pressure = self.register_from(replace(preset.pressure, unit=unit), self.sensor_id)
        temperature, at = preset.temperature, self.temperature_register_address
        if at is not None:
            kind = temperature or Register(
                "temperature", at, pressure.type, pressure.function, pressure.order, unit="°C"
            )
            temperature = replace(kind, address=at)
        return pressure, temperature and replace(temperature, name=f"{self.sensor_id}-temperature")

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        yield from super().faults()
        if self.min_pressure >= self.max_pressure:
            allowed = f"must be below max_pressure = {self.max_pressure:g}"
            yield Fault("", "min_pressure", self.min_pressure, allowed)
        if self.calibration_factor == 0:
            yield Fault("", "calibration_factor", 0.0, "must not be 0")
        if self.burst_mode_hz is not None and self.burst_mode_hz < self.sampling_rate_hz:
            allowed = f"must be at least sampling_rate_hz = {self.sampling_rate_hz:g}"
            yield Fault("", "burst_mode_hz", self.burst_mode_hz, allowed)
        yield from self._unit_faults()
        if self.preset is not None and self.preset not in PRESETS:
            yield Fault("", "preset", self.preset, f"must be one of {', '.join(PRESETS)}")
        else:
            yield from [*self.register_faults(self._preset.pressure)] or self._temperature_faults()

    @property
    def _preset(self) -> Preset:
        return PRESETS[self.preset] if self.preset else DEFAULT

    def _temperature_faults(self) -> Iterable[Fault]:
        try:
            self.registers()
        except ConfigurationError as error:
            at = self.temperature_register_address
            yield from (
                Fault("", "temperature_register_address", at, fault.allowed) for fault in error.faults
            )

    def _unit_faults(self) -> Iterable[Fault]:
        try:
            affine(self.unit, "bar")
            marked = parse_unit(self.unit).reference
        except UnitError as error:
            yield Fault("", "unit", self.unit, f"must be a pressure: {error}")
            return
        if marked not in {None, self.reference}:
            yield Fault("", "unit", self.unit, f"must fit pressure_type = {self.pressure_type.value}")
            return
        try:
            affine(self.register_unit or self.unit, self.unit, unmarked=self.reference)
        except UnitError as error:
            yield Fault("", "register_unit", self.register_unit, f"cannot be used: {error}")
