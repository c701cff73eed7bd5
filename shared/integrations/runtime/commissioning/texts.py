"""Names and serial numbers among registers: two characters in each, eight at least."""

import string
from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from .interpretations import Words

LEAST_REGISTERS = 4
LEAST_CHARACTERS = 6
_IN_NAMES = set((string.ascii_letters + string.digits + " -_./:#+()").encode())
_NUL = 0


class TextRun(Struct, frozen=True):
    """Registers that hold a text."""

    address: int
    count: int
    text: str
    swapped: str
    """The same where the device has the second character first."""

    @property
    def addresses(self) -> range:
        """The registers it takes."""
        return range(self.address, self.address + self.count)


def texts_of(address: int, words: Words) -> Iterator[TextRun]:
    """Yield the texts in the registers from `address` on."""
    for is_text, run in groupby(enumerate(words.tolist(), address), lambda pair: _is_text(pair[1])):
        there = list(run)
        is_out = (there[0][0] - address) % 2 == 1 and len(there) > LEAST_REGISTERS
        there = there[is_out:]  # the first is the second word of a number
        raw = b"".join(word.to_bytes(2, "big") for _, word in there)
        letters = sum(chr(byte).isalnum() for byte in raw)
        if is_text and len(there) >= LEAST_REGISTERS and letters >= LEAST_CHARACTERS:
            swapped = b"".join(raw[at : at + 2][::-1] for at in range(0, len(raw), 2))
            yield TextRun(there[0][0], len(there), _plain(raw), _plain(swapped))


def _is_text(word: int) -> bool:
    first, second = divmod(word, 256)
    one_alone = _NUL in {first, second} and first != second
    return {first, second} - {_NUL} <= _IN_NAMES and (one_alone or _NUL not in {first, second})


def _plain(raw: bytes) -> str:
    return raw.decode("ascii").replace("\0", "").strip()
