"""The unit each quantity is published in, whatever the device speaks."""

from integrations.units import IncompatibleUnitsError, compatible, parse_unit

CANONICAL_UNITS: dict[str, tuple[str, ...]] = {
    "flow_rate": ("t/hr", "m³/h", "m/s", "kW"),
    "mass_flow": ("t/hr",),
    "volume_flow": ("m³/h",),
    "energy_flow": ("kW",),
    "totalizer": ("t", "m³", "kWh"),
    "pressure": ("bar",),
    "differential_pressure": ("bar",),
    "temperature": ("°C",),
    "density": ("kg/m³",),
    "velocity": ("m/s",),
    "power": ("kW",),
    "energy": ("kWh",),
    "conductivity": ("µS/cm",),
    "ph": ("pH",),
    "return_percentage": ("%",),
}
"""Units by quantity; a flow meter takes the first that fits what it measures."""


def canonical_unit(quantity: str, unit: str) -> str:
    """Return the unit in which readings of `quantity` that come in `unit` are published.

    A pressure keeps its reference (`psig` becomes `barg`), so that gauge and absolute never share a name.
    A quantity without a canonical unit keeps its own.

    Raises:
        UnknownUnitError: nobody knows `unit`.
        IncompatibleUnitsError: `unit` measures something else than `quantity`.
    """
    candidates = CANONICAL_UNITS.get(quantity)
    if candidates is None:
        return unit
    fitting = next((candidate for candidate in candidates if compatible(unit, candidate)), None)
    if fitting is None:
        raise IncompatibleUnitsError(unit, candidates[0])
    return fitting + (parse_unit(unit).reference or "")[:1]
