"""A plant's file reviewed: what it describes, and what is allowed in it and still looks like a mistake."""

import difflib
from collections.abc import Iterator

from msgspec import Struct

from integrations.bus.settings import redacted
from integrations.devices import SimulationPolicy
from integrations.devices.classes import device_classes
from integrations.runtime.operations.expected import expected_services
from integrations.runtime.plant.settings import Plant


class Review(Struct, frozen=True):
    """What there is to say of a plant's file that can be used."""

    site: str
    bus: str
    services: dict[str, str]
    """What each service has to do, in words."""
    sensors: list[str]
    warnings: list[str]


def review(plant: Plant) -> Review:
    """Look a plant's file over."""
    sensors = [sensor for name in plant.devices for sensor in _sensors(plant, name)]
    return Review(
        site=plant.site,
        bus=redacted(plant.bus.url or ""),
        services={name: _task(plant, name, len(sensors)) for name in expected_services(plant)},
        sensors=sensors,
        warnings=[*_strangers(plant, {*sensors}), *_simulated(plant)],
    )


def _sensors(plant: Plant, name: str) -> list[str]:
    expectations = device_classes()[name].expectations
    return [sensor for config in plant.devices[name] for sensor in expectations(config)]


def _task(plant: Plant, service: str, sensors: int) -> str:
    if configs := plant.devices.get(service):
        return f"{len(configs)} devices, {len(_sensors(plant, service))} sensors"
    if service == "balances":
        return f"{len(plant.balances)} balances"
    return f"{sensors} sensors"


def _strangers(plant: Plant, known: set[str]) -> Iterator[str]:
    """Tell of sensors that are named and that no device of the file has."""
    virtual = {f"{one.balance_id}-{variable}" for one in plant.balances for variable in one.variables}
    for sensor in plant.cleaning.sensors:
        if sensor not in known | virtual:
            yield f"transformation.sensors.{sensor} is no sensor of a device here{_meant(sensor, known)}"
    for balance in plant.balances:
        for name, variable in balance.variables.items():
            if variable.sensor is not None and variable.sensor not in known:
                place = f"balances {balance.balance_id}: sensor {variable.sensor} of {name}"
                yield f"{place} is no sensor of a device here{_meant(variable.sensor, known)}"
    for config in plant.devices.get("condensate_meter", ()):
        wanted = getattr(config, "steam_flow_sensor", None)
        if wanted is not None and wanted not in known:
            yield f"condensate_meter: steam_flow_sensor {wanted} is no sensor here{_meant(wanted, known)}"


def _meant(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _simulated(plant: Plant) -> Iterator[str]:
    for name, configs in plant.devices.items():
        key = device_classes()[name].id_key
        for config in configs:
            if config.simulation is not SimulationPolicy.NEVER:
                device = f"{name} {getattr(config, key)}"
                yield f"{device} may be simulated: simulation = {config.simulation.value}"
