"""What a meter gives, whatever the protocol: quantities in its own units, and one poll of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from .registers import DEFAULT_ROLLOVER, Alarm


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value of the meter; `resolution` is its smallest step in `unit`, 0 when it has none to speak of."""

    name: str
    unit: str
    resolution: float = 0.0


@dataclass(frozen=True)
class Readout:
    """What one poll of a meter brings, in order."""

    quantities: tuple[Quantity, ...]
    alarms: tuple[Alarm, ...] = ()
    largest_count: float = DEFAULT_ROLLOVER
    """Largest count of the totaliser, in steps of its resolution."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the quantities, in order."""
        return tuple(quantity.name for quantity in self.quantities)


class MeterPoll(Struct, frozen=True, eq=False):
    """One poll: arrays in the order of the readout, NaN where `status` (OPC UA) is Bad; `time_ns` is UTC."""

    time_ns: int
    values: NDArray[np.float64]
    status: NDArray[np.uint32]
    current_ma: float | None = None
    """Loop current of the flow, for a meter that is read by it."""


class MeterSource(Protocol):
    """A meter's values, however they travel; opened by the first poll, and again after `close`."""

    @property
    def connection(self) -> Any:
        """What is held open; None when nothing is."""

    async def poll(self) -> MeterPoll:
        """Read every quantity; a ProtocolError when none could be."""

    async def close(self) -> None:
        """Let go of what is open."""


@runtime_checkable
class ReturningSource(Protocol):
    """A source that finds its own way back to its meter; it calls `on_back` then."""

    on_back: Callable[[], None] | None
