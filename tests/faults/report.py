"""Runs as tables."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from .catalogue import KINDS
from .run import Outcome

COLUMNS = (
    "seed", "bus", "for s", "given", "clean", "told", "unheard", "in hand", "dropped",
    "LOST", "TWICE", "LATE", "stored twice", "flood ok", "p50 ms", "p99 ms", "",
)  # fmt: skip


def show(outcomes: Sequence[Outcome]) -> None:
    """Print what the runs came to."""
    console = Console(width=150)
    console.print(_invariants(outcomes))
    console.print(_dealings(outcomes))
    console.print(_recoveries(outcomes))
    console.print(_loads(outcomes))
    console.print(_coverage(outcomes))
    console.print(f"Events: {_events(outcomes)}")
    for outcome in outcomes:
        for line in [
            *outcome.account.examples,
            *outcome.dealings.examples,
            *(f"no event told of: {each}" for each in outcome.untold),
            *(f"never recovered: {each}" for each in outcome.course.failures),
        ]:
            console.print(f"seed {outcome.seed}: {line}")


def _invariants(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Samples by what became of them", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for one in outcomes:
        account = one.account
        good, junk, clean, dead = one.flooded
        table.add_row(
            str(one.seed), "three" if one.replicated else "one", f"{one.seconds:.0f}", f"{account.given:,}",
            f"{account.clean:,}", f"{account.told:,}", f"{account.unheard:,}", f"{account.in_hand:,}",
            f"{account.gaps:,}",
            f"{account.lost + account.raw_lost:,}", f"{account.twice:,}", f"{account.late:,}",
            f"{account.raw_twice:,}", f"{clean}/{good} {dead}/{junk}",
            _age(one.ages, 0.5), _age(one.ages, 0.99),
            "passed" if one.passed else "[bold red]FAILED[/]",
        )  # fmt: skip
    return table


def _dealings(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Tasks and messages of agents", title_justify="left")
    for name in (
        "seed", "bus", "tasks", "completed", "failed", "OPEN", "ENDED TWICE", "begun again",
        "messages", "delivered", "dead", "MISSING", "given again",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for one in outcomes:
        found = one.dealings
        numbers = (
            found.tasks, found.completed, found.failed, found.open, found.ended_twice, found.begun_again,
            found.messages, found.delivered, found.dead, found.missing, found.given_again,
        )  # fmt: skip
        table.add_row(str(one.seed), "three" if one.replicated else "one", *(f"{each:,}" for each in numbers))
    return table


def _age(ages: list[float], share: float) -> str:
    return f"{1000 * ages[int(share * (len(ages) - 1))]:.0f}" if ages else "–"


def _recoveries(outcomes: Sequence[Outcome]) -> Table:
    found: dict[str, list[float]] = defaultdict(list)
    for outcome in outcomes:
        for name, seconds in outcome.course.recoveries.items():
            found[name] += seconds
    table = Table(
        title="Seconds from the end of a fault until all sensors are clean, a second behind at most",
        title_justify="left",
    )
    for name in ("fault", "times", "median", "most"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for name, seconds in sorted(found.items()):
        table.add_row(name, str(len(seconds)), f"{median(seconds):.1f}", f"{max(seconds):.1f}")
    return table


def _coverage(outcomes: Sequence[Outcome]) -> Table:
    known = {fault.name: fault for outcome in outcomes for fault in outcome.course.known}
    done = Counter(fault.name for outcome in outcomes for fault in outcome.course.done)
    missing = len(known.keys() - done.keys())
    table = Table(
        title=f"How often each fault was made: {len(known) - missing} of {len(known)}", title_justify="left"
    )
    for name in ("", *KINDS, "others"):
        table.add_column(name, justify="left" if name in {"", "others"} else "right")
    for target in dict.fromkeys(fault.target for fault in known.values()):
        cells = [str(done[f"{target} {kind}"]) if f"{target} {kind}" in known else "" for kind in KINDS]
        others = [
            f"{fault.kind}: {done[fault.name]}"
            for fault in known.values()
            if fault.target == target and fault.kind not in KINDS
        ]
        table.add_row(target, *cells, "; ".join(others))
    return table


def _events(outcomes: Sequence[Outcome]) -> str:
    counted = sum((outcome.account.events for outcome in outcomes), Counter())
    return ", ".join(f"{kind} {count}" for kind, count in counted.most_common()) or "none"


def _loads(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Most that a process held", title_justify="left")
    for name in ("process", "MiB", "descriptors", "MiB/min, longest life"):
        table.add_column(name, justify="left" if name == "process" else "right")
    names = sorted({name for outcome in outcomes for name, _ in outcome.watch.seen})
    for name in names:
        seen = [outcome.watch for outcome in outcomes if any(key[0] == name for key in outcome.watch.seen)]
        loads = [watch.most(name) for watch in seen]
        slopes = [slope for watch in seen if (slope := watch.slope_mib_per_minute(name)) is not None]
        table.add_row(
            name, f"{max(load.memory_bytes for load in loads) / 2**20:.0f}",
            str(max(load.descriptors for load in loads)), f"{max(slopes):+.2f}" if slopes else "–",
        )  # fmt: skip
    return table
