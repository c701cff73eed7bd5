"""The register table of a device: its values, checked against each other, and read from TOML."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from integrations.configuration import Checked, ConfigurationError, Fault, FaultList, read_struct

from .planner import Span
from .registers import Register


class RegisterTable(Checked, frozen=True):
    """Values of one device, in the order their results have, and how they may be requested together.

    `max_gap` is the number of unwanted addresses a request may read across to reach the next value.
    """

    registers: tuple[Register, ...]
    max_registers_per_request: Annotated[int, Meta(ge=1, le=125)] = 125
    max_gap: Annotated[int, Meta(ge=0, le=124)] = 8

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values, in order."""
        return tuple(register.name for register in self.registers)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Addresses of each value, in order."""
        return tuple(span_of(register) for register in self.registers)

    def __len__(self) -> int:
        return len(self.registers)

    def faults(self) -> Iterable[Fault]:
        """Check names, widths and overlaps."""
        if not self.registers:
            yield Fault("", "registers", [], "must name at least one value")
        yield from self._repeated_names()
        for register in self.registers:
            if not register.function.reads_bits and register.width > self.max_registers_per_request:
                allowed = f"must fit max_registers_per_request = {self.max_registers_per_request}"
                yield Fault(register.name, "width", register.width, allowed)
        yield from self._overlaps()

    def _repeated_names(self) -> Iterator[Fault]:
        seen: set[str] = set()
        for register in self.registers:
            if register.name in seen:
                yield Fault(register.name, "name", register.name, "must be used once only")
            seen.add(register.name)

    def _overlaps(self) -> Iterator[Fault]:
        ordered = sorted(self.registers, key=lambda register: (register.function.code, register.address))
        for before, after in pairwise(ordered):
            if before.function is not after.function or before.end <= after.address:
                continue
            if before.bit is not None and after.bit is not None and span_of(before) == span_of(after):
                continue
            allowed = f"must not overlap {before.name} ({span_of(before)}): only bit fields share registers"
            yield Fault(after.name, "address", after.address, allowed)


def span_of(register: Register) -> Span:
    """Return the addresses of a value."""
    return Span(register.function, register.address, register.width)


def read_registers(
    entries: Mapping[str, Any], known: Iterable[Register] = (), where: str = "registers"
) -> tuple[Register, ...]:
    """Build registers from a TOML table of `name = {address = …, type = …}` or simply `name = address`.

    A name that `known` has starts from that register, so that `flow_rate = 4` moves it and keeps its type.

    Raises:
        ConfigurationError: lists every fault of every entry.
    """
    defaults = {register.name: msgspec.structs.asdict(register) for register in known}
    registers: list[Register] = []
    faults = FaultList()
    for name, entry in entries.items():
        fields = {"address": entry} if isinstance(entry, int) else entry
        if not isinstance(fields, Mapping):
            faults.append(Fault(where, name, entry, "must be an address or a table"))
            continue
        try:
            registers.append(read_struct(Register, {**defaults.get(name, {}), "name": name, **fields}))
        except ConfigurationError as error:
            faults.absorb(error, f"{where}.{name}")
    faults.raise_any()
    return tuple(registers)
