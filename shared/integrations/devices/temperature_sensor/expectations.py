"""What a sensor's configuration says about its values, for those who judge its readings later."""

from integrations.devices.classes import Expectation
from integrations.units import affine

from .config import TemperatureSensorConfig
from .decode import TemperatureDecoder


def expectations(config: TemperatureSensorConfig) -> dict[str, Expectation]:
    """Return the expectation of the temperature and of what is handed on beside it, by sensor id."""
    interval = 1 / config.sampling_rate_hz
    expected = {
        channel.sensor_id: Expectation(channel.quantity, channel.unit, interval)
        for channel in TemperatureDecoder([config]).channels
    }
    change = config.max_temp_change_rate * affine("°C", config.unit).scale
    limits = (config.min_temp, config.max_temp, change)
    return expected | {config.sensor_id: Expectation("temperature", config.unit, interval, *limits)}
