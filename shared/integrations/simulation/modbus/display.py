"""A Modbus unit that shows measured values in registers of any table."""

from collections.abc import Callable, Mapping

from integrations.protocols.modbus import RegisterTable
from integrations.units import STANDARD_BAROMETER_BAR, PressureReference, affine

from .unit import ServedUnit, UnitCondition


def displaying(
    unit_id: int,
    table: RegisterTable,
    units: Mapping[str, str],
    read: Callable[[], Mapping[str, float]],
    condition: Callable[[], UnitCondition],
    barometer_bar: float = STANDARD_BAROMETER_BAR,
) -> ServedUnit:
    """Return a unit that shows what `read` returns, by name, in `units`; each register in a unit of its own.

    Raises:
        KeyError: a register is named as nothing in `units`.
        UnitError: a register's unit measures something else.
    """
    pairs = {
        register.name: affine(
            units[register.name],
            register.unit,
            unmarked=PressureReference.GAUGE,
            barometer_bar=barometer_bar,
        )
        for register in table.registers
    }

    def values() -> Mapping[str, float | str]:
        shown = read()
        return {name: shown[name] * pair.scale + pair.offset for name, pair in pairs.items()}

    return ServedUnit(unit_id, table, values, condition)
