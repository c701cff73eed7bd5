"""A unit's registers for the eye: every plausible type and order side by side, and what known maps say."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from integrations.protocols.modbus import ByteOrder, Function, RegisterType
from integrations.runtime.commissioning.bench_unit import BlockView, UnitView
from integrations.runtime.commissioning.guess import Guess
from integrations.runtime.commissioning.interpretations import TYPES
from integrations.runtime.commissioning.known_maps import Match
from integrations.runtime.commissioning.texts import TextRun

PLAUSIBLE = 0.15
MOST_HINTS = 3
_ORDERS = tuple(ByteOrder)


def unit_table(view: UnitView, *, everything: bool) -> Table:
    """Return the registers as a table, a row for each address and type."""
    title = f"unit {view.unit}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in ("register", "hex", "type"):
        table.add_column(column, no_wrap=True)
    for order in _ORDERS:
        table.add_column(order.value.upper(), justify="right", no_wrap=True)
    table.add_column("known maps", overflow="fold")
    hints = hints_of(view.matches)
    for block in view.blocks:
        _add_block(table, block, hints, everything=everything)
    return table


def hints_of(matches: Sequence[Match]) -> Mapping[tuple[Function, int], list[str]]:
    """Return what the first maps that fit say of each register."""
    hints: dict[tuple[Function, int], list[str]] = defaultdict(list)
    for match in matches[:MOST_HINTS]:
        for register in match.map.registers:
            shown = f"{match.title}: {register.name} {match.values[register.name]:.6g} {register.unit}"
            hints[register.function, register.address].append(shown.rstrip())
    return hints


def _add_block(
    table: Table, block: BlockView, hints: Mapping[tuple[Function, int], list[str]], *, everything: bool
) -> None:
    best = {guess.candidate for guess in block.layout}
    texts = {text.address: text for text in block.texts}
    at: dict[int, list[Guess]] = defaultdict(list)
    for guess in block.guesses:
        at[guess.candidate.address].append(guess)
    for address, word in enumerate(block.words.tolist(), block.span.address):
        hint = hints.get((block.span.function, address), [])
        shown = [one for one in at[address] if everything or one.score > PLAUSIBLE or one.candidate in best]
        first: Sequence[Any] = (f"{block.span.function.value} {address}", f"{word:04x}")
        if text := texts.get(address):
            table.add_row(
                *first, "string", *_text_cells(text), f"to {block.span.function.value} {text.addresses[-1]}"
            )
            first = ("", "")
        for kind in TYPES:
            of_type = {one.candidate.order: one for one in shown if one.candidate.type is kind}
            if of_type and (everything or _says_more(kind, of_type, best)):
                cells = [_cell(of_type.get(order), best) for order in _ORDERS]
                table.add_row(*first, kind.value, *cells, "; ".join(hint))
                first, hint = ("", ""), []
        if hint:
            table.add_row(*first, "", "", "", "", "", "; ".join(hint))


def _text_cells(text: TextRun) -> tuple[Text, Text, Text, Text]:
    nothing = Text("·", style="dim")
    return Text(f"▶{text.text}", style="bold green"), nothing, Text(text.swapped), nothing


def _says_more(kind: RegisterType, of_type: Mapping[ByteOrder, Guess], best: set[Any]) -> bool:
    """A signed integer is told beside the unsigned one only where it is negative."""
    is_signed = kind in {RegisterType.INT16, RegisterType.INT32}
    return not is_signed or any(one.value < 0 or one.candidate in best for one in of_type.values())


def _cell(guess: Guess | None, best: set[Any]) -> Text:
    if guess is None:
        return Text("·", style="dim")
    number = f"{guess.value:.7g}" if guess.candidate.type.is_float else f"{guess.value:.0f}"
    is_best = guess.candidate in best
    return Text(f"{'▶' if is_best else ''}{number}", style="bold green" if is_best else "")
