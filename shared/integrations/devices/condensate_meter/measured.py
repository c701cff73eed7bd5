"""A value and how good it is, for what is computed from several of them."""

import math
from typing import NamedTuple

from integrations.messages import Status, is_bad


class Measured(NamedTuple):
    """One value with its OPC UA StatusCode; `reason` says in words what is wrong with it."""

    value: float
    status: int = Status.GOOD
    reason: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value to compute with."""
        return math.isfinite(self.value) and not is_bad(self.status)

    @property
    def given(self) -> float | None:
        """The value, None where there is none."""
        return self.value if self.known else None


def unknown(status: int, reason: str) -> Measured:
    """Return a value that is not there, and why."""
    return Measured(math.nan, status, reason)
