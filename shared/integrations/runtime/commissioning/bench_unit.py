"""A unit as it is shown: its blocks with everything they could mean, and the known maps that fit."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from msgspec import Struct

from integrations.protocols.modbus import Span

from .guess import Guess, best_layout, guesses
from .interpretations import Candidate, Words
from .known_maps import Match, matches
from .snapshot import Refused, Snapshot
from .texts import TextRun, texts_of


class BlockView(Struct, eq=False):
    """Registers in a row: their words, every guess, the guesses that go together best, and texts."""

    span: Span
    words: Words
    guesses: list[Guess]
    layout: list[Guess]
    texts: list[TextRun]


class UnitView(Struct, eq=False):
    """What one unit shows."""

    unit: int
    blocks: list[BlockView]
    matches: list[Match]
    refused: list[Refused]
    most_at_once: int = 0

    @property
    def layout(self) -> list[Guess]:
        """What its registers most probably hold."""
        return [guess for block in self.blocks for guess in block.layout]

    @property
    def texts(self) -> list[TextRun]:
        """The texts among its registers."""
        return [text for block in self.blocks for text in block.texts]

    @property
    def device(self) -> Match | None:
        """The known map that can be taken for the device's own: one that fits, and describes a device."""
        usable = [one for one in self.matches if one.map.preset or one.order is None]
        usable = [one for one in usable if one.map.device_class in {"steam_meter", "condensate_meter"}]
        return next((one for one in usable if one.is_sure), None)


def unit_view(samples: Sequence[Snapshot]) -> UnitView:
    """Judge a unit by some samples, the newest last; what a sample lacks is not judged."""
    newest = samples[-1]
    blocks = []
    for span in newest.spans:
        words = np.array([one.words(span) for one in samples if _has(one, span)], np.uint16)
        texts = list(texts_of(span.address, words[-1]))
        there = guesses(span.function, span.address, words, {at for text in texts for at in text.addresses})
        blocks.append(BlockView(span, words[-1], there, best_layout(there), texts))
    view = UnitView(newest.unit, blocks, matches(newest.memory), newest.refused, newest.most_at_once)
    said = {guess.candidate for guess in view.layout}
    view.matches = [one for one in view.matches if _is_borne_out(one, said)]
    if view.device:
        for block in blocks:
            block.layout = layout_with(known_candidates(view.device), block.guesses)
    return view


def known_candidates(match: Match) -> set[Candidate]:
    """Return how a map reads its registers."""
    order = match.order
    return {
        Candidate(one.function, one.address, one.type, order if order and one.width > 1 else one.order)
        for one in match.map.registers
    }


def layout_with(known: AbstractSet[Candidate], there: Sequence[Guess]) -> list[Guess]:
    """Return what the device's own map says, and around it the guesses that go together best."""
    told = [one for one in there if one.candidate in known]
    taken = {address for one in told for address in range(one.candidate.address, one.candidate.end)}
    rest = [one for one in there if taken.isdisjoint(range(one.candidate.address, one.candidate.end))]
    return sorted([*told, *best_layout(rest)], key=lambda one: one.candidate.address)


def document(view: UnitView) -> Mapping[str, object]:
    """Return the unit for scripts."""
    return {
        "unit": view.unit,
        "blocks": [
            {
                "function": block.span.function.value,
                "address": block.span.address,
                "words": block.words.tolist(),
                "texts": block.texts,
                "best": [_told(guess) for guess in block.layout],
                "readings": [_told(guess) for guess in block.guesses if guess.score > 0],
            }
            for block in view.blocks
        ],
        "known_maps": [
            {
                "map": match.title,
                "device_class": match.map.device_class,
                "score": round(match.score, 3),
                "saturated_steam": match.is_saturated,
                "values": {name: value for name, value in match.values.items() if np.isfinite(value)},
            }
            for match in view.matches
        ],
        "most_registers_at_once": view.most_at_once or None,
        "refused": [{"registers": str(one.span), "why": one.why} for one in view.refused],
    }


def _is_borne_out(match: Match, said: AbstractSet[Candidate]) -> bool:
    """Whether the registers by themselves say what the map says: almost any number is a believable flow."""
    return match.is_sure or len(known_candidates(match) & said) * 2 >= len(match.map.registers)


def _told(guess: Guess) -> dict[str, object]:
    one = guess.candidate
    return {
        "address": one.address,
        "type": one.type.value,
        "order": one.order.value,
        "value": guess.value,
        "score": round(guess.score, 3),
    }


def _has(snapshot: Snapshot, span: Span) -> bool:
    table = snapshot.memory.get(span.function, {})
    return all(address in table for address in range(span.address, span.end))
