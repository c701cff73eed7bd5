"""What is fuzzed: something that reads bytes from outside, and the errors that it says it raises."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from .mutation import mutated_bytes


@dataclass(frozen=True)
class Target:
    """One reader of foreign bytes: whatever comes, it returns or raises what it documents."""

    name: str
    read: Callable[[bytes], object]
    documented: tuple[type[Exception], ...]
    seeds: Sequence[bytes]
    """What it is meant to read: where the search begins."""
    mutated: Callable[[bytes, Random], bytes] = mutated_bytes
    longest: int = 4096
    """Bytes of an input."""

    def take(self, data: bytes) -> None:
        """Read `data`; an error that is not documented comes through."""
        with contextlib.suppress(*self.documented):
            self.read(data)
