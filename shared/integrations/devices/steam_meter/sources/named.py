"""Quantities that a configuration names one by one: HART variables, OPC UA nodes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.configuration import Checked, ConfigurationError, Fault, FaultList, read_struct
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.flow_units import measured_unit
from integrations.devices.steam_meter.readout import Quantity, Readout

from .units import DEFAULT_UNITS


class Entry(Checked, frozen=True):
    """What stands beside a key: a text, or a table with a unit."""

    text: str
    unit: str = ""


@dataclass(frozen=True)
class Entries:
    """Reads the entries of one key, `{a: text}` or `{a: {<word>: text, unit: …}}`."""

    key: str
    word: str

    def read(self, table: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries.

        Raises:
            ConfigurationError: lists every entry that cannot be read.
        """
        faults, found = FaultList(), {}
        for name, given in table.items():
            entry = given if isinstance(given, Mapping) else {self.word: given}
            renamed = {"text" if key == self.word else key: value for key, value in entry.items()}
            try:
                found[name] = read_struct(Entry, renamed)
            except ConfigurationError as error:
                for each in error.faults:
                    key = self.word if each.key == "text" else each.key
                    faults.append(Fault(f"{self.key}.{name}", key, each.value, each.allowed))
        faults.raise_any()
        return found


def quantity_of(fields: SteamMeterFields, name: str, unit: str = "") -> Quantity:
    """Return the quantity `name` in `unit`, or in the unit the configuration implies."""
    usual = {**DEFAULT_UNITS, "flow_rate": measured_unit(fields), "totalizer": fields.total_unit}
    return Quantity(name, unit or usual.get(name, ""))


def readout_of(fields: SteamMeterFields, quantities: Iterable[Quantity]) -> Readout:
    """Return the readout of floating point quantities; the totaliser only if it is wanted."""
    wanted = tuple(each for each in quantities if each.name != "totalizer" or fields.enable_totalizer)
    return Readout(wanted, largest_count=fields.totalizer_rollover)
