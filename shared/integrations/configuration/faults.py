"""A configuration fault says where it is, what stands there and what may stand there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

_SECRET = re.compile(r"pas+w|secret|token|seed|credential|nkey", re.IGNORECASE)
_MEANT = re.compile(r"did you mean (\w+)")
_LOGIN = re.compile(r"(?<=://)[^\s'\",]*@")
LONGEST_SHOWN = 80


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
        return f"{place} {self.allowed}" + self._got()

    def _got(self) -> str:
        if self.value is MISSING:
            return ""
        if self._is_secret() and isinstance(self.value, str):
            return ", got a text that is not shown here"
        if self._is_secret() and isinstance(self.value, list | dict):
            return ", got something that is not shown here"
        text = _LOGIN.sub("***@", repr(self.value.value if isinstance(self.value, Enum) else self.value))
        return f", got {text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + '...'}"

    def _is_secret(self) -> bool:
        meant = _MEANT.search(self.allowed)
        return any(_SECRET.search(name) for name in (self.key, meant.group(1) if meant else ""))

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
