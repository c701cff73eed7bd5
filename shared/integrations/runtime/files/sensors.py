"""What is known of a file's sensors: quantity, unit and limits, by the plant's configuration or by name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from integrations.configuration import MISSING, ConfigurationError, Fault, FaultList
from integrations.devices.classes import Expectation, device_classes
from integrations.quality import weights_row
from integrations.runtime.plant.settings import Plant
from integrations.runtime.transformation.limits import cleaning_settings
from integrations.transformation import CANONICAL_UNITS, CleaningSettings, SensorLimits
from integrations.units import Affine, UnitError, compatible

from .layout import hint_of
from .recording import UNIT_NOT_SAID, Recorded

UNMISTAKABLE_UNITS = {"bar": "pressure", "°C": "temperature", "t/hr": "flow_rate"}
"""What is measured where nothing but the unit tells."""

_ASSIGNMENT = re.compile(r"(?P<sensor>[^=]+)=(?P<value>.+)")


class Treated(NamedTuple):
    """How the readings of one sensor in one unit are cleaned."""

    quantity: str
    raw_unit: str
    unit: str
    conversion: Affine
    limits: SensorLimits

    @property
    def weights(self) -> int:
        """Row of the score weights."""
        return weights_row(self.quantity)


@dataclass(frozen=True)
class Said:
    """What was said on the command line, by sensor."""

    units: Mapping[str, str]
    quantities: Mapping[str, str]


def said(units: Iterable[str], quantities: Iterable[str]) -> Said:
    """Read `sensor=unit` and `sensor=quantity`.

    Raises:
        ConfigurationError: names what is not of that form.
    """
    wrong = FaultList()
    read = Said(_assignments("--unit", units, wrong), _assignments("--quantity", quantities, wrong))
    wrong.raise_any()
    return read


class KnownSensors:
    """The sensors of a plant and how the service would clean them.

    Args:
        plant: its configuration.
        told: what was said besides.
    """

    def __init__(self, plant: Plant, told: Said) -> None:
        self._settings: CleaningSettings = cleaning_settings(plant)
        self._told = told
        self._expected: dict[str, Expectation] = {
            sensor_id: expectation
            for name, configs in plant.devices.items()
            for config in configs
            for sensor_id, expectation in device_classes()[name].expectations(config).items()
        }

    def treated(self, recorded: Sequence[Recorded]) -> list[Treated]:
        """Return how each is cleaned.

        Raises:
            ConfigurationError: lists sensors that the plant does not have and units that do not fit.
        """
        wrong = FaultList(self._unused({one.sensor_id for one in recorded}))
        found = []
        for one in recorded:
            try:
                found.append(self._treated(one))
            except ConfigurationError as error:
                wrong.absorb(error)
            except UnitError as error:
                wrong.append(
                    Fault("", one.sensor_id, one.unit or MISSING, f"must have a unit that fits ({error})")
                )
        wrong.raise_any()
        return found

    def _treated(self, one: Recorded) -> Treated:
        known = {*self._expected, *self._settings.sensors}
        if known and one.sensor_id not in known:
            hint = hint_of(one.sensor_id, sorted(known))
            allowed = f"is not a sensor of the plant ({hint}): choose others with --sensor"
            raise ConfigurationError([Fault("", one.sensor_id, MISSING, allowed)])
        expected = self._expected.get(one.sensor_id)
        limits = self._settings.sensors.get(one.sensor_id, SensorLimits())
        unit = self._told.units.get(one.sensor_id) or one.unit
        unit = unit or (expected.unit if expected else limits.target_unit or UNIT_NOT_SAID)
        quantity = self._told.quantities.get(one.sensor_id) or (
            expected.quantity if expected else quantity_of(one.sensor_id, unit)
        )
        if quantity in CANONICAL_UNITS and unit == UNIT_NOT_SAID:
            name = one.sensor_id
            allowed = f"is a {quantity} without a unit: head it {name} [unit], or --unit {name}=unit"
            raise ConfigurationError([Fault("", one.sensor_id, MISSING, allowed)])
        try:
            resolved = self._settings.resolve(one.sensor_id, quantity, unit)
        except ConfigurationError as error:  # limits of two tables that contradict each other
            raise ConfigurationError(fault.under(one.sensor_id) for fault in error.faults) from None
        return Treated(quantity, unit, resolved.unit, resolved.conversion, resolved.limits)

    def _unused(self, there: set[str]) -> list[Fault]:
        """What is said of sensors that are not in the file is a slip of the pen."""
        spoken = [("--unit", self._told.units), ("--quantity", self._told.quantities)]
        return [
            Fault("", option, name, f"must name a sensor of the file ({hint_of(name, sorted(there))})")
            for option, names in spoken
            for name in names
            if name not in there
        ]


def quantity_of(sensor_id: str, unit: str) -> str:
    """Return what a sensor measures by its name, else by its unit; empty where neither tells.

    Raises:
        UnitError: nobody knows the unit.
    """
    name = sensor_id.casefold()
    for quantity in sorted(CANONICAL_UNITS, key=len, reverse=True):
        named = re.search(rf"(^|[^a-z]){quantity}([^a-z]|$)", name)
        if named and (not unit or any(compatible(unit, one) for one in CANONICAL_UNITS[quantity])):
            return quantity
    if unit:
        return next((what for one, what in UNMISTAKABLE_UNITS.items() if compatible(unit, one)), "")
    return ""


def _assignments(option: str, texts: Iterable[str], wrong: FaultList) -> dict[str, str]:
    found = {}
    for text in texts:
        if match := _ASSIGNMENT.fullmatch(text):
            found[match["sensor"].strip()] = match["value"].strip()
        else:
            wrong.append(Fault("", option, text, "must be of the form sensor=…"))
    return found
