"""Which quantity of the meter each of PV, SV, TV and QV is."""

from collections.abc import Iterator

from integrations.configuration import MISSING, ConfigurationError, Fault
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.readout import Readout

from .named import Entries, Entry, quantity_of, readout_of

VARIABLES = ("PV", "SV", "TV", "QV")
DEFAULT_VARIABLES = {"PV": "flow_rate", "TV": "totalizer"}
"""What a flow meter's variables usually are."""
ENTRIES = Entries("hart_variables", "name")


def variable_faults(fields: SteamMeterFields) -> Iterator[Fault]:
    """Check that each variable is one, no quantity comes twice, and one is the flow."""
    try:
        entries = variables_of(fields)
    except ConfigurationError as error:
        yield from error.faults
        return
    names = [entry.text for entry in entries.values()]
    for variable, entry in entries.items():
        if variable not in VARIABLES:
            yield Fault("hart_variables", variable, entry.text, f"is not one of {', '.join(VARIABLES)}")
        if names.count(entry.text) > 1:
            yield Fault("hart_variables", variable, entry.text, "must be used once only")
    if "flow_rate" not in names:
        yield Fault("hart_variables", "flow_rate", MISSING, "is missing: one of PV to QV must be the flow")


def variables_of(fields: SteamMeterFields) -> dict[str, Entry]:
    """Return quantity and unit of each variable that is read, by its name in capitals.

    Raises:
        ConfigurationError: lists every entry that cannot be read.
    """
    given = fields.hart_variables or DEFAULT_VARIABLES
    entries = ENTRIES.read({name.upper(): entry for name, entry in given.items()})
    return {
        variable: entry
        for variable, entry in entries.items()
        if entry.text != "totalizer" or fields.enable_totalizer
    }


def readout(fields: SteamMeterFields) -> Readout:
    """Return the quantities, in the units they are handed on in: the device's own may change at any time."""
    entries = variables_of(fields).values()
    return readout_of(fields, (quantity_of(fields, entry.text, entry.unit) for entry in entries))
