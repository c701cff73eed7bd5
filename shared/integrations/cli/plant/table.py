"""The live table drawn: in colour for a terminal, in plain lines for everything else."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .live import Picture, Row

HEAD_LINES = 6
"""Lines of the coloured table that are no rows: three of facts, head, rule, and the count of hidden rows."""

_COLUMNS = ("sensor", "value", "unit", "quality", "flags", "age s", "rate /s", "")
_RIGHT = frozenset(("value", "age s", "rate /s"))
_BAR_CELLS = 8


def coloured(picture: Picture) -> RenderableType:
    """Draw for a terminal."""
    facts = Text(_facts(picture), style="bold", no_wrap=True, overflow="ellipsis")
    event = Text(_event(picture), style="dim", no_wrap=True, overflow="ellipsis")
    console = Text(_console(picture), no_wrap=True, overflow="ellipsis")
    if not picture.sensors:
        return Group(facts, console, event, Text("waiting for the first clean reading …", style="italic"))
    table = Table(box=None, header_style="bold dim", pad_edge=False, expand=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name in _RIGHT else "left", no_wrap=True)
    for row in picture.rows:
        colour = _colour(row.quality)
        sensor, value, unit, _, *rest, mark = _cells(row)
        table.add_row(
            sensor,
            Text(value, style="bold"),
            Text(unit),
            Text(f"{_bar(row.quality, '█', '░')} {row.quality:3.0f}", style=colour),
            *(Text(cell) for cell in rest),
            Text(mark, style="bold black on yellow"),
        )
    return Group(facts, console, event, table, Text(_more(picture), style="dim"))


def plain(picture: Picture) -> str:
    """Draw in lines of text, without escape codes."""
    lines = [_facts(picture), *filter(None, [_console(picture)]), _event(picture)]
    if not picture.sensors:
        return "\n".join([*lines, "waiting for the first clean reading"])
    cells = [_COLUMNS, *(_cells(row) for row in picture.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        aligned = (
            cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            for name, cell, width in zip(_COLUMNS, row, widths, strict=True)
        )
        lines.append("  ".join(aligned).rstrip())
    return "\n".join([*lines, _more(picture)]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.sensor,
        _number(row.value),
        row.unit,
        f"[{_bar(row.quality, '#', '.')}] {row.quality:3.0f}",
        row.flags,
        f"{row.age_seconds:.1f}",
        f"{row.rate:.1f}",
        "SIM" if row.simulated else "",
    )


def _facts(picture: Picture) -> str:
    return (
        f"GL-003  site {picture.site}  bus {picture.bus_url}  sensors {picture.sensors}  "
        f"{picture.rate:.1f} readings/s  services {picture.services}"
    )


def _console(picture: Picture) -> str:
    return f"console  {picture.console}" if picture.console else ""


def _event(picture: Picture) -> str:
    return f"last event  {picture.last_event or 'none'}"


def _more(picture: Picture) -> str:
    return f"… and {picture.hidden} more" if picture.hidden else ""


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if 0 < abs(value) < 0.001:
        return f"{value:.2e}"
    return f"{value:,.3f}" if abs(value) < 1000 else f"{value:,.1f}"


def _bar(quality: float, full: str, empty: str) -> str:
    cells = min(_BAR_CELLS, max(0, round(quality / 100 * _BAR_CELLS)))
    return full * cells + empty * (_BAR_CELLS - cells)


def _colour(quality: float) -> str:
    if quality >= 80:
        return "green"
    return "yellow" if quality >= 50 else "red"
