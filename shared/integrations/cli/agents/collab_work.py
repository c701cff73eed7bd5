"""`gl003 collab list` and `gl003 collab show`: read from the stream COLLAB, nobody is asked."""

import json
import time
from pathlib import Path

from integrations.bus import Bus
from integrations.cli.connected import EXIT_FINDINGS, on_the_bus, say
from integrations.cli.printable import printable
from integrations.configuration import ConfigurationError, Fault
from integrations.coordination.collaboration.facts import facts_of
from integrations.coordination.collaboration.record import invited, read_record
from integrations.messages import MessageError, check_token
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import EXIT_CLEAN

from .collab_lines import line_of, lines_of


def show_all(config: Path | None, limit: int, *, is_open: bool, as_json: bool) -> int:
    """List collaborations; return the exit code."""

    async def work(_: Plant, bus: Bus) -> int:
        found = []
        for collaboration_id in reversed(await invited(bus)):
            record = await read_record(bus, collaboration_id)
            if record.invitation is not None and not (is_open and record.result):
                found.append(record)
            if len(found) == limit:
                break
        for record in found:
            _print(json.dumps(facts_of(record)) if as_json else line_of(record))
        if not found and not as_json:
            say("collab: there are none")
        return EXIT_CLEAN

    return on_the_bus("collab", config, work)


def show_one(config: Path | None, collaboration_id: str, *, as_json: bool) -> int:
    """Show one collaboration; return the exit code: 3 when there is none of that id."""

    def first(_: Plant) -> None:
        try:
            check_token("ID", collaboration_id)
        except MessageError:
            raise ConfigurationError(
                [Fault("", "ID", collaboration_id, "must be letters, digits, _ or -")]
            ) from None

    async def work(_: Plant, bus: Bus) -> int:
        record = await read_record(bus, collaboration_id)
        if record.machine is None:
            say(f"collab: there is no collaboration {collaboration_id}")
            return EXIT_FINDINGS
        record.machine.pass_time(time.time_ns())
        for line in [json.dumps(facts_of(record))] if as_json else lines_of(record):
            _print(line)
        return EXIT_CLEAN

    return on_the_bus("collab", config, work, first=first)


def _print(line: str) -> None:
    print(printable(line))  # noqa: T201  # said to the person at the terminal
