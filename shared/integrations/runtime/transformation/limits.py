"""What the transformation knows of sensors because their devices are configured in the same file."""

from msgspec.structs import replace

from integrations.devices.classes import Expectation, device_classes
from integrations.runtime.plant.settings import Plant
from integrations.transformation import CleaningSettings, SensorLimits, canonical_unit
from integrations.units import affine


def cleaning_settings(plant: Plant) -> CleaningSettings:
    """Return the plant's cleaning settings; what a device's own table says about its sensors is added."""
    sensors = {
        sensor_id: plant.cleaning.sensors.get(sensor_id, SensorLimits()).over(limits)
        for name, configs in plant.devices.items()
        for config in configs
        for sensor_id, expected in device_classes()[name].expectations(config).items()
        if (limits := _limits(expected))
    }
    return replace(plant.cleaning, sensors={**plant.cleaning.sensors, **sensors})


def _limits(expected: Expectation) -> SensorLimits:
    """Return an expectation as limits in the unit that readings are published in."""
    limits = SensorLimits(
        min_valid=expected.min_valid,
        max_valid=expected.max_valid,
        rate_of_change_limit=expected.change_per_minute,
        expected_interval_seconds=expected.interval_seconds,
        resolution=expected.resolution or None,
    )
    return limits.converted(affine(expected.unit, canonical_unit(expected.quantity, expected.unit)))
