"""Sensors of the steam system that the plant's devices leave no doubt about."""

from msgspec import structs

from integrations.coordination.analyzer import SteamSystemConfig
from integrations.devices.classes import device_classes
from integrations.devices.condensate_meter import CondensateMeterConfig
from integrations.devices.steam_meter import SteamMeterConfig
from integrations.runtime.plant.settings import Plant

FLOW = "-flow_rate"


def steam_system(plant: Plant) -> SteamSystemConfig:
    """Return the plant's own configuration, with what it leaves out where there is one choice only.

    A single condensate meter measures the condensate, and the steam flow that it names, else that of a single
    steam meter, is the header's; pressure and temperature are that meter's own, if it has them.
    """
    found: dict[str, str | None] = {}
    steam_flow = None
    if isinstance(condensate := _only(plant, "condensate_meter"), CondensateMeterConfig):
        found["condensate_flow"] = f"{condensate.meter_id}{FLOW}"
        found["condensate_temperature"] = f"{condensate.meter_id}-temperature"
        steam_flow = condensate.steam_flow_sensor
    if steam_flow is None and isinstance(meter := _only(plant, "steam_meter"), SteamMeterConfig):
        steam_flow = f"{meter.meter_id}{FLOW}"
    sensors = _sensors(plant)
    if steam_flow is not None:
        found["steam_flow"] = steam_flow
        found["header_pressure"] = f"{steam_flow.removesuffix(FLOW)}-pressure"
        found["header_temperature"] = f"{steam_flow.removesuffix(FLOW)}-temperature"
    given = plant.steam_system
    left_out = {
        name: sensor_id
        for name, sensor_id in found.items()
        if getattr(given, name) is None and sensor_id in sensors
    }
    return structs.replace(given, **left_out)


def _only(plant: Plant, device_class: str) -> object:
    """Return the configuration of a class of which the plant has one device."""
    configs = plant.devices.get(device_class, ())
    return configs[0] if len(configs) == 1 else None


def _sensors(plant: Plant) -> set[str]:
    """Return every sensor that the plant's devices are expected to have."""
    classes = device_classes()
    return {
        sensor_id
        for name, configs in plant.devices.items()
        for config in configs
        for sensor_id in classes[name].expectations(config)
    }
