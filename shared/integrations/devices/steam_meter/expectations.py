"""What a meter's configuration says about its sensors, for those who judge its readings later."""

from integrations.devices.classes import Expectation

from .config import SteamMeterConfig
from .decode import MeterDecoder


def expectations(config: SteamMeterConfig) -> dict[str, Expectation]:
    """Return the expectation of each of the meter's sensors, by sensor id."""
    interval = 1 / config.sampling_rate_hz
    decoder = MeterDecoder(config)
    expected = {
        channel.sensor_id: Expectation(channel.quantity, channel.unit, interval, resolution=step)
        for channel, step in zip(decoder.channels, decoder.resolutions, strict=True)
    }
    flow = f"{config.meter_id}-flow_rate"
    limits = (config.min_valid_flow, config.max_valid_flow, config.max_flow_change_rate)
    step = decoder.flow_resolution
    return expected | {flow: Expectation("flow_rate", config.units, interval, *limits, resolution=step)}
