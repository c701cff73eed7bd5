"""An OPC UA server for the eye: its endpoints, its variables, and when the source gave each value."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from integrations.cli.printable import printable
from integrations.messages.status import is_bad, is_good
from integrations.protocols.opcua import status_name
from integrations.protocols.opcua.client import BrowsedTag, Offer, OpcUaValue
from integrations.protocols.opcua.values import from_ns

SHOWN = 200
"""Variables that the table has; a file has all of them."""
LONGEST_VALUE = 40


def endpoint_table(offered: Sequence[Offer]) -> Table:
    """Return what the server offers, a row for each endpoint."""
    table = Table("policy", "mode", "users", "url", box=None, pad_edge=False, title="endpoints")
    table.title_justify = "left"
    for one in offered:
        cells = one.policy, one.mode, ", ".join(one.users), one.url
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def variable_table(found: Sequence[BrowsedTag], values: Sequence[OpcUaValue]) -> Table:
    """Return the first variables with their newest values, a row for each."""
    table = Table("variable", "type", box=None, pad_edge=False, title="variables", title_justify="left")
    table.add_column("value", justify="right")
    for column in ("unit", "status", "source time", "node"):
        table.add_column(column)
    for tag, value in list(zip(found, values, strict=False))[:SHOWN]:
        style = "" if is_good(value.status) else "red" if is_bad(value.status) else "yellow"
        cells = (tag.path, tag.data_type, _shown(value), tag.unit, _status(value), _time(value), tag.node)
        styles = ("", "", "", "", style, "", "")
        table.add_row(*(Text(printable(cell), style=one) for cell, one in zip(cells, styles, strict=True)))
    if len(found) > SHOWN:
        table.caption = f"and {len(found) - SHOWN} more: --root shows a part, --toml and --json have all"
    return table


def utc_text(time: datetime) -> str:
    """Write a time as people compare it with a clock: UTC, to the millisecond."""
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}"


def _status(value: OpcUaValue) -> str:
    return "good" if value.status == 0 else status_name(value.status)


def _time(value: OpcUaValue) -> str:
    return "none" if value.source_time_ns is None else utc_text(from_ns(value.source_time_ns))


def _shown(value: OpcUaValue) -> str:
    content = value.value
    return (
        f"{content:.7g}"
        if isinstance(content, float)
        else ""
        if content is None
        else str(content)[:LONGEST_VALUE]
    )
