"""Answers that carry measured values: commands 1, 2, 3 and 9.

A value is kept as it came, NaN included. Older revisions and small devices send fewer variables; bytes
beyond the known ones belong to later revisions. Source: Universal Command Specification, HCF_SPEC-127
(FCG TS20127).
"""

from struct import Struct

import msgspec

from .errors import FrameError
from .fields import FLOAT, require
from .unit_codes import unit_text

_VARIABLE = Struct(">Bf")
_PAIR = Struct(">ff")
_SLOT = Struct(">BBBfB")
_TIME = Struct(">I")
MAX_DYNAMIC_VARIABLES = 4
MAX_SLOTS = 8
TICKS_PER_SECOND = 32_000
"""HART counts time of day in 1/32 ms."""


class Variable(msgspec.Struct, frozen=True, gc=False):
    """A value with its unit code."""

    unit_code: int
    value: float

    @property
    def unit(self) -> str:
        """Unit as text; see `unit_text`."""
        return unit_text(self.unit_code)


class PrimaryVariable(msgspec.Struct, frozen=True):
    """Answer to command 1."""

    variable: Variable

    @classmethod
    def decode(cls, data: bytes) -> "PrimaryVariable":
        """Read the data; FrameError when too short."""
        require(data, _VARIABLE.size, "command 1")
        return cls(Variable(*_VARIABLE.unpack_from(data)))

    def encode(self) -> bytes:
        """Return the data."""
        return _VARIABLE.pack(self.variable.unit_code, self.variable.value)


class LoopCurrent(msgspec.Struct, frozen=True):
    """Answer to command 2: loop current in mA and the primary variable in percent of its range."""

    current_ma: float
    percent: float

    @classmethod
    def decode(cls, data: bytes) -> "LoopCurrent":
        """Read the data; FrameError when too short."""
        require(data, _PAIR.size, "command 2")
        return cls(*_PAIR.unpack_from(data))

    def encode(self) -> bytes:
        """Return the data."""
        return _PAIR.pack(self.current_ma, self.percent)


class DynamicVariables(msgspec.Struct, frozen=True):
    """Answer to command 3: loop current in mA and up to four variables, PV first."""

    current_ma: float
    variables: tuple[Variable, ...]

    @classmethod
    def decode(cls, data: bytes) -> "DynamicVariables":
        """Read the data; FrameError when too short."""
        require(data, FLOAT.size, "command 3")
        count = min((len(data) - FLOAT.size) // _VARIABLE.size, MAX_DYNAMIC_VARIABLES)
        end = FLOAT.size + count * _VARIABLE.size
        (current_ma,) = FLOAT.unpack_from(data)
        pairs = _VARIABLE.iter_unpack(data[FLOAT.size : end])
        return cls(current_ma, tuple([Variable(*pair) for pair in pairs]))

    def encode(self) -> bytes:
        """Return the data."""
        return FLOAT.pack(self.current_ma) + b"".join(
            _VARIABLE.pack(variable.unit_code, variable.value) for variable in self.variables
        )


class Slot(msgspec.Struct, frozen=True, gc=False):
    """One device variable of command 9; codes 246 to 249 are PV to QV, 244 percent, 245 loop current."""

    code: int
    classification: int
    unit_code: int
    value: float
    status: int


class DeviceVariables(msgspec.Struct, frozen=True):
    """Answer to command 9; `ticks` (since HART 7) is the first slot's time of day, in 1/32 ms."""

    extended_status: int
    slots: tuple[Slot, ...]
    ticks: int | None = None

    @classmethod
    def decode(cls, data: bytes) -> "DeviceVariables":
        """Read the data; FrameError when too short or cut inside a slot."""
        require(data, 1, "command 9")
        count, rest = divmod(len(data) - 1, _SLOT.size)
        if rest not in {0, _TIME.size} or count > MAX_SLOTS:
            raise FrameError(f"command 9 takes slots of {_SLOT.size} bytes and a time, got {len(data)} bytes")
        slots = [Slot(*fields) for fields in _SLOT.iter_unpack(data[1 : len(data) - rest])]
        ticks = _TIME.unpack_from(data, len(data) - rest)[0] if rest else None
        return cls(data[0], tuple(slots), ticks)

    def encode(self) -> bytes:
        """Return the data."""
        slots = (
            _SLOT.pack(slot.code, slot.classification, slot.unit_code, slot.value, slot.status)
            for slot in self.slots
        )
        ticks = b"" if self.ticks is None else _TIME.pack(self.ticks)
        return bytes((self.extended_status,)) + b"".join(slots) + ticks
