"""`gl003 doctor`: a site examined, with advice."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from integrations.bus import Bus
from integrations.runtime.operations.examination import examine
from integrations.runtime.operations.finding import Finding, Verdict
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import EXIT_CLEAN

from integrations.cli.connected import EXIT_FINDINGS, on_the_bus
from integrations.cli.printable import printable

_MARKS = {
    Verdict.WELL: ("ok", "green"),
    Verdict.WARNING: ("warning", "yellow"),
    Verdict.FAULT: ("FAULT", "red"),
}


def doctor(config: Path | None, patience_seconds: float, *, as_json: bool) -> int:
    """Show what was found; return 3 where there is a fault, 0 where there is none."""

    async def work(plant: Plant, bus: Bus) -> int:
        findings = await examine(plant, bus, patience_seconds=patience_seconds)
        if as_json:
            text = msgspec.json.encode([asdict(each) for each in findings]).decode()
            print(text)  # noqa: T201  # the outcome
        else:
            _show(findings)
        faults = any(each.verdict is Verdict.FAULT for each in findings)
        return EXIT_FINDINGS if faults else EXIT_CLEAN

    return on_the_bus("doctor", config, work)


def _show(findings: Sequence[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max((len(each.topic) for each in findings), default=0)
    for each in findings:
        mark, colour = _MARKS[each.verdict]
        line = Text(f"{each.topic.ljust(width)}  ")
        line.append(mark.ljust(8), style=colour).append(printable(each.text))
        console.print(line)
        if each.advice:
            console.print(Text(f"{' ' * (width + 10)}→ {printable(each.advice)}", style="dim"))
    counts = {verdict: sum(each.verdict is verdict for each in findings) for verdict in Verdict}
    console.print(f"{counts[Verdict.FAULT]} faults, {counts[Verdict.WARNING]} warnings")
