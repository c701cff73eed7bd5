"""What a sensor's configuration says about its readings, for those who judge them later."""

from integrations.devices.classes import Expectation
from integrations.units import affine

from .config import PressureSensorConfig


def expectations(config: PressureSensorConfig) -> dict[str, Expectation]:
    """Return the expectation of each of the sensor's channels, by sensor id."""
    interval = 1 / config.rate_hz
    register, temperature = config.registers()
    step = 0.0 if register.type.is_float else abs(register.scale * config.calibration_factor)
    expected = {
        config.sensor_id: Expectation(
            config.quantity,
            config.marked_unit,
            interval,
            config.min_pressure,
            config.max_pressure,
            config.max_pressure_change_rate / config.bar_per_unit * 60.0,
            step * affine(register.unit, config.marked_unit).scale,
        )
    }
    if temperature:
        expected[temperature.name] = Expectation("temperature", temperature.unit, interval)
    return expected
