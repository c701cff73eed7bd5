"""What a SCADA system's configuration says about its sensors, for those who judge its readings later."""

from integrations.devices.classes import Expectation

from .config import SCADAConnectionConfig, text_tags
from .schedule import confirm_seconds


def expectations(config: SCADAConnectionConfig) -> dict[str, Expectation]:
    """Return the expectation of each tag that is a number, by sensor id.

    A reported tag that does not change is confirmed only now and then.
    """
    text = text_tags(config)
    return {
        config.sensor_id(tag): Expectation(
            tag.quantity,
            tag.engineering_units,
            confirm_seconds(tag.scan_rate) if config.subscribes else tag.scan_rate / 1000,
        )
        for at, tag in enumerate(config.table)
        if at not in text
    }
