"""Where in the mimic a device belongs, as far as the plant's file says; the page places the others."""

from collections.abc import Iterator
from typing import Any

from integrations.devices.classes import device_classes
from integrations.runtime.balances.config import BalanceConfig
from integrations.runtime.plant.settings import Plant

SUPPLY, HEADER, USERS, CONDENSATE, MAKE_UP = "supply", "header", "users", "condensate", "make_up"


def layout_of(plant: Plant) -> dict[str, Any]:
    """Return devices with their place and user, and balances with what flows through each node."""
    devices = [device for device, _ in _devices(plant)]
    return {
        "devices": [
            {"id": device, "device_class": name, "place": place, "user": user}
            for device, name in _devices(plant)
            for place, user in [_place(plant, device, devices)]
        ],
        "balances": [_balance(config) for config in plant.balances],
    }


def _devices(plant: Plant) -> Iterator[tuple[str, str]]:
    for name, configs in plant.devices.items():
        key = device_classes()[name].id_key
        for config in configs:
            yield str(getattr(config, key)), name


def _place(plant: Plant, device: str, devices: list[str]) -> tuple[str, str]:
    """Return place and user of a device: what the steam system says first, then what its name begins with."""
    system = plant.steam_system
    header = (system.header_pressure, system.header_temperature)
    condensate = (system.condensate_flow, system.condensate_temperature)
    known = [
        (SUPPLY, "", (system.steam_flow,)),
        *((USERS, user.name, (user.flow, user.pressure, user.temperature)) for user in system.users),
        (HEADER, "", header),
        (CONDENSATE, "", condensate),
        (MAKE_UP, "", (system.make_up_temperature,)),
    ]
    for place, user, sensors in known:
        if device in {device_of(sensor, devices) for sensor in sensors if sensor}:
            return place, user
    if device.startswith(CONDENSATE):
        return CONDENSATE, ""
    named = next((user.name for user in system.users if device.startswith(user.name)), "")
    return (USERS, named) if named else ("", "")


def device_of(sensor_id: str, devices: list[str]) -> str:
    """Return the device that a sensor belongs to: the longest id that its own begins with."""
    owners = [one for one in devices if sensor_id == one or sensor_id.startswith(f"{one}-")]
    return max(owners, key=len, default="")


def _balance(config: BalanceConfig) -> dict[str, Any]:
    return {
        "id": config.balance_id,
        "sensors": {name: variable.sensor for name, variable in config.variables.items()},
        "nodes": [
            {"node": one.node, "inflows": list(one.inflows), "outflows": list(one.outflows)}
            for one in config.mass
        ],
    }
