"""What a block of registers most probably holds: readings that do not overlap, in the device's own order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from integrations.protocols.modbus import ByteOrder, Function, RegisterType

from .interpretations import Candidate, Words, interpretations
from .plausibility import EMPTY, plausibility, wholeness

OUT_OF_STEP = 0.94
"""A value of several registers that is not a whole number of pairs away from the first register."""
LEAST = 2 * EMPTY
SINGLE_VALUE = 0.45
"""So plausible is a register that holds a value by itself."""


class Guess(Struct, frozen=True):
    """One way to read registers, its newest value, and how plausible that is."""

    candidate: Candidate
    value: float
    score: float


def guesses(
    function: Function, address: int, samples: Words, texts: AbstractSet[int] = frozenset()
) -> list[Guess]:
    """Return every interpretation of samples (times, n), judged together: a device keeps one order.

    By address, and there the most plausible first. Registers of `texts` hold no numbers.
    """
    there = [
        Guess(candidate, float(values[-1]), plausibility(candidate, values))
        for candidate, values in interpretations(function, address, samples)
        if texts.isdisjoint(range(candidate.address, candidate.end))
    ]
    there = [_whole(_in_step(guess, address)) for guess in _without_chance_doubles(there)]
    order = usual_order(there)
    if order is not None:
        there = [_in_order(guess, order) for guess in there]
    return sorted(there, key=lambda guess: (guess.candidate.address, -guess.score, guess.candidate.width))


def best_layout(there: Iterable[Guess]) -> list[Guess]:
    """Return the guesses that cover the registers most plausibly without sharing any, by address."""
    ending: dict[int, list[Guess]] = defaultdict(list)
    for guess in there:
        if guess.score > LEAST:
            ending[guess.candidate.end].append(guess)
    if not ending:
        return []
    first = min(guess.candidate.address for group in ending.values() for guess in group)
    best: dict[int, tuple[float, Guess | None]] = {first: (0.0, None)}
    for end in range(first + 1, max(ending) + 1):
        best[end] = best[end - 1][0], None
        for guess in ending.get(end, ()):
            total = best[guess.candidate.address][0] + guess.score * guess.candidate.width
            if total > best[end][0]:
                best[end] = total, guess
    return _walked(best, max(ending))


def usual_order(there: Sequence[Guess]) -> ByteOrder | None:
    """Return the order in which the registers make the most sense; None where none has a wide value.

    Each order is tried for all of them: what is the low word of a value in one order looks like that of its
    neighbour in another, and only the whole tells which is right.
    """
    totals = {}
    for order in ByteOrder:
        layout = best_layout(one for one in there if one.candidate.width == 1 or one.candidate.order is order)
        if any(one.candidate.width > 1 for one in layout):
            totals[order] = sum(one.score * one.candidate.width for one in layout)
    return max(totals, key=totals.__getitem__, default=None)


def _walked(best: Mapping[int, tuple[float, Guess | None]], end: int) -> list[Guess]:
    taken = []
    while end in best:
        guess = best[end][1]
        if guess is not None:
            taken.append(guess)
        end = end - 1 if guess is None else guess.candidate.address
    return taken[::-1]


def _in_step(guess: Guess, first: int) -> Guess:
    is_out = guess.candidate.width > 1 and (guess.candidate.address - first) % 2
    return _scored(guess, guess.score * OUT_OF_STEP) if is_out else guess


def _whole(guess: Guess) -> Guess:
    is_float = guess.candidate.type is RegisterType.FLOAT32 and guess.score > 0
    return _scored(guess, min(1.0, guess.score * wholeness(guess.value))) if is_float else guess


def _without_chance_doubles(there: list[Guess]) -> list[Guess]:
    """Two floats of 32 bits, or one and nothing, make one of 64; so do four registers now and then."""
    floats, words = _scores(there, RegisterType.FLOAT32), _scores(there, RegisterType.UINT16)

    def judged(guess: Guess) -> Guess:
        candidate = guess.candidate
        if candidate.type is not RegisterType.FLOAT64:
            return guess
        halves = [floats.get((candidate.address + at, candidate.order), 0.0) for at in (0, 2)]
        singles = [words.get((candidate.address + at, ByteOrder.ABCD), 0.0) for at in range(4)]
        natural = sum(score >= SINGLE_VALUE for score in singles)
        is_double = max(halves) > 0.5 and (min(halves) > 0.5 or 0 < min(halves) <= EMPTY)
        doubt = 0.4 if is_double else 1.0
        doubt *= 0.3 if natural >= 2 else 1.0
        return _scored(guess, guess.score * doubt * (0.6 if candidate.order.swaps_bytes else 1.0))

    return [judged(guess) for guess in there]


def _scores(there: Iterable[Guess], kind: RegisterType) -> dict[tuple[int, ByteOrder], float]:
    return {
        (guess.candidate.address, guess.candidate.order): guess.score
        for guess in there
        if guess.candidate.type is kind
    }


def _in_order(guess: Guess, order: ByteOrder) -> Guess:
    if guess.candidate.width == 1:
        swapped = guess.candidate.order.swaps_bytes
        return _scored(guess, guess.score * (0.7 if swapped and not order.swaps_bytes else 1.0))
    return guess if guess.candidate.order is order else _scored(guess, guess.score * 0.3)


def _scored(guess: Guess, score: float) -> Guess:
    return Guess(guess.candidate, guess.value, score)
