"""The services that a plant's file asks for, against those that are there."""

from collections.abc import Iterable

from integrations.runtime.balances.config import SERVICE as BALANCES
from integrations.runtime.operations.instances import Instance
from integrations.runtime.plant.settings import Plant
from integrations.runtime.transformation.service import SERVICE as TRANSFORMATION


def expected_services(plant: Plant) -> list[str]:
    """Return the services that the plant needs; none where its file describes no device."""
    acquisition = [name for name, configs in plant.devices.items() if configs]
    if not acquisition:
        return []
    return [*acquisition, TRANSFORMATION, *([BALANCES] if plant.balances else [])]


def missing_services(plant: Plant, instances: Iterable[Instance]) -> list[str]:
    """Return the services of which no instance serves the plant's site."""
    there = {one.found.service for one in instances if one.found.site == plant.site}
    return [name for name in expected_services(plant) if name not in there]
