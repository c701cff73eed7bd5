"""A Modbus analog input module as a table: where its channels are and how counts become a current."""

from collections.abc import Iterable
from math import isfinite
from typing import Annotated

from msgspec import Meta, field

from integrations.configuration import Checked, Fault
from integrations.messages.status import Status
from integrations.protocols.errors import ProtocolError
from integrations.protocols.modbus import ByteOrder, Function, Register, RegisterType


class AnalogModuleError(ProtocolError, LookupError):
    """The module has no such channel."""


class AnalogModule(Checked, frozen=True):
    """Channel c is read at `address` + c × its width; counts_min … counts_max are current_from … _to_ma.

    A module whose registers hold milliamperes as float32 has counts_min = current_from_ma, counts_max =
    current_to_ma. `status_address` is the register that says how channel 0 is; `status_words` what its
    numbers mean, a number that is not there being uncertain.
    """

    address: Annotated[int, Meta(ge=0, le=65535)] = 0
    channels: Annotated[int, Meta(ge=1, le=1024)] | None = None
    """How many channels it has; None: as many as there are addresses."""
    function: Function = Function.HOLDING
    type: RegisterType = RegisterType.UINT16
    order: ByteOrder = ByteOrder.ABCD
    counts_min: float = 0.0
    counts_max: float = 65535.0
    current_from_ma: Annotated[float, Meta(ge=0, le=24)] = 4.0
    current_to_ma: Annotated[float, Meta(ge=0, le=24)] = 20.0
    not_available: int | float | None = None
    """Raw number by which the module says that it has no value."""
    status_address: Annotated[int, Meta(ge=0, le=65535)] | None = None
    status_words: dict[int, Status] = field(default_factory=dict)

    def faults(self) -> Iterable[Fault]:
        """Check ranges, and that the first channel's register can be."""
        if self.type is RegisterType.STRING or self.function.reads_bits:
            yield Fault("", "type", self.type.value, "must be a number's in holding or input registers")
            return
        if self.counts_min == self.counts_max:
            yield Fault("", "counts_max", self.counts_max, "must differ from counts_min")
        if self.current_from_ma >= self.current_to_ma:
            allowed = f"must be below current_to_ma = {self.current_to_ma:g}"
            yield Fault("", "current_from_ma", self.current_from_ma, allowed)

    def current_register(self, channel: int) -> Register:
        """Return the register of a channel's current, in mA.

        Raises:
            AnalogModuleError: the module has no such channel.
            ConfigurationError: the register lies beyond the last address.
        """
        if self.channels is not None and not 0 <= channel < self.channels:
            raise AnalogModuleError(f"channel must be 0..{self.channels - 1} of this module, got {channel}")
        scale = (self.current_to_ma - self.current_from_ma) / (self.counts_max - self.counts_min)
        width = self.type.dtype.itemsize // 2
        return Register(
            f"current_{channel}",
            self.address + channel * width,
            self.type,
            self.function,
            self.order,
            scale=scale,
            offset=self.current_from_ma - scale * self.counts_min,
            unit="mA",
            not_available=self.not_available,
        )

    def status_register(self, channel: int) -> Register | None:
        """Return the register that says how a channel is; None when the module has none."""
        if self.status_address is None:
            return None
        return Register(f"status_{channel}", self.status_address + channel, function=self.function)

    def status_of(self, word: float) -> Status:
        """Return what a status register's number means; a register that was not read (NaN) leaves doubt."""
        if word == 0:
            return Status.GOOD
        return self.status_words.get(int(word), Status.UNCERTAIN) if isfinite(word) else Status.UNCERTAIN
