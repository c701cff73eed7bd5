"""One register table for several sensors: what two of them share is read once."""

from collections.abc import Sequence

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from integrations.protocols.modbus import Register, RegisterTable

log = structlog.get_logger(__name__)


def shared_table(
    wanted: Sequence[Register], max_registers_per_request: int = 125, max_gap: int = 8
) -> tuple[RegisterTable, NDArray[np.intp]]:
    """Return the table that holds every wanted register once, and the column of each of them in it.

    Two sensors at the very same register get the same value, which is hardly what their owner wanted: the log
    warns and names both.

    Raises:
        ConfigurationError: two registers overlap and are not the same, naming both.
    """
    table: dict[Register, Register] = {}
    places = [msgspec.structs.replace(register, name="value", unit="") for register in wanted]
    for place, register in zip(places, wanted, strict=True):
        first = table.setdefault(place, register)
        if first is not register:
            log.warning(
                "two sensors read the same register",
                sensors=[first.name, register.name],
                register=f"{register.function.value} {register.address}",
            )
    column = {place: at for at, place in enumerate(table)}
    columns = np.array([column[place] for place in places], np.intp)
    return RegisterTable(tuple(table.values()), max_registers_per_request, max_gap), columns
