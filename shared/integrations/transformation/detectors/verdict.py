"""What a detector says of an array."""

from dataclasses import dataclass

import numpy as np

from integrations.transformation.segments import Bools, Floats


@dataclass(frozen=True)
class Verdict:
    """Which values a detector objects to, and whether it could have objected at all."""

    found: Bools
    """One for each value given; missing values are never found."""
    note: str = ""
    """Why the test cannot fire on these data, however wrong a value may be; empty where it can."""

    @property
    def can_fire(self) -> bool:
        """Whether some value could have been found."""
        return not self.note


def blind(value: Floats, note: str) -> Verdict:
    """Return the verdict of a test that cannot fire."""
    return Verdict(np.zeros(value.size, dtype=np.bool_), note)


def among(finite: Bools, found: Bools) -> Bools:
    """Spread what was found among the finite values over all of them."""
    if found.size == finite.size:
        return found
    everywhere = np.zeros(finite.size, dtype=np.bool_)
    at, gone = np.flatnonzero(found), np.flatnonzero(~finite)
    everywhere[at + np.searchsorted(gone - np.arange(gone.size), at, side="right")] = True
    return everywhere
