"""A configuration fault says where it is, what stands there and what may stand there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a configuration."""

    where: str
    """Table the key stands in, for example `steam_meter[0]`; empty for a struct built in code."""
    key: str
    value: Any
    allowed: str
    """What is allowed, as the end of a sentence: `must be …`."""

    def __str__(self) -> str:
        place = ".".join(part for part in (self.where, self.key) if part)
        return f"{place} {self.allowed}" + ("" if self.value is MISSING else f", got {_shown(self.value)}")

    def under(self, where: str) -> "Fault":
        """Return the same fault, placed inside the table `where`."""
        return replace(self, where=".".join(part for part in (where, self.where) if part))


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Any = _Missing()
"""The value of a key that is not there."""


class ConfigurationError(ValueError):
    """The configuration cannot be used; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))


class FaultList(list[Fault]):
    """Collects faults from several places, so that the user meets them all at once."""

    def absorb(self, error: ConfigurationError, where: str = "") -> None:
        """Take over the faults of `error`, placed inside the table `where`."""
        self.extend(fault.under(where) for fault in error.faults)

    def raise_any(self) -> None:
        """Raise ConfigurationError if anything was collected."""
        if self:
            raise ConfigurationError(self)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
