"""What a meter's configuration says about its sensors, for those who judge its readings later."""

from integrations.devices.classes import Expectation

from .config import CondensateMeterConfig
from .decode import CondensateDecoder


def expectations(config: CondensateMeterConfig) -> dict[str, Expectation]:
    """Return the expectation of each of the meter's sensors, by sensor id.

    The limits of pH and conductivity say when condensate is contaminated, not when a reading is wrong.
    """
    interval = 1 / config.sampling_rate_hz
    expected = {
        channel.sensor_id: Expectation(channel.quantity, channel.unit, interval)
        for channel in CondensateDecoder(config).channels
    }
    limits = (config.min_flow, config.max_flow, config.max_flow_change_rate)
    return expected | {f"{config.meter_id}-flow_rate": Expectation("flow_rate", "t/hr", interval, *limits)}
