"""`gl003 scan`: who speaks a protocol in a range of addresses."""

import asyncio
from collections.abc import Sequence

import msgspec
from rich.table import Table
from rich.text import Text

from integrations.cli.connected import INTERRUPTED, say
from integrations.cli.printable import printable
from integrations.cli.progress import output, progress
from integrations.configuration import ConfigurationError
from integrations.runtime.commissioning.network import Seen, addresses_of, search
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_CRASH


def scan(text: str, ports: Sequence[int], rate: float, seconds: float, *, as_json: bool) -> int:
    """Look at each port of each address; return 0 where somebody is, 1 where nobody."""
    try:
        found = asyncio.run(_found(text, ports, rate, seconds))
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"scan: {fault}")
        return EXIT_CONFIGURATION
    except KeyboardInterrupt:
        return INTERRUPTED
    if as_json:
        print(msgspec.json.encode({"range": text, "found": found}).decode())  # noqa: T201  # the outcome
    elif found:
        output().print(_table(found))
    else:
        say(f"scan: nobody listens in {text} at {', '.join(map(str, ports))}")
    return EXIT_CLEAN if found else EXIT_CRASH


async def _found(text: str, ports: Sequence[int], rate: float, seconds: float) -> list[Seen]:
    places = [(address, port) for address in addresses_of(text) for port in dict.fromkeys(ports)]
    with progress("places", len(places)) as told:
        searching = search(places, rate=rate, patience_seconds=seconds, told=lambda: told(1))
        return [seen async for seen in searching]


def _table(found: Sequence[Seen]) -> Table:
    table = Table("address", "port", "protocol", "what it says", "next", box=None, pad_edge=False)
    for seen in found:
        cells = seen.address, str(seen.port), seen.protocol or "?", seen.detail, seen.probe
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table
