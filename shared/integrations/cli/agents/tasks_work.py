"""`gl003 tasks list`, `show` and `cancel`: what the bus knows of tasks."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from integrations.bus import TASK_BUCKET, Bus, Publisher
from integrations.cli.connected import EXIT_FINDINGS, on_the_bus, say
from integrations.cli.printable import printable
from integrations.configuration import Fault
from integrations.coordination.tasks import TaskDesk, UnknownTaskError
from integrations.messages import MessageError, TaskRecord, TaskStatus
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION

_OPEN = (TaskStatus.IN_PROGRESS, TaskStatus.ASSIGNED, TaskStatus.PENDING)


def at_desk(config: Path | None, work: Callable[[TaskDesk], Awaitable[int]]) -> int:
    """Do `work` at a desk for tasks and return its exit code; 3 where nobody knows the task."""

    async def on_bus(_plant: Plant, bus: Bus) -> int:
        await bus.api(f"STREAM.INFO.KV_{TASK_BUCKET}")  # where there is none, a desk would wait for it
        async with Publisher(bus) as publisher:
            try:
                return await work(TaskDesk(bus, publisher))
            except UnknownTaskError as error:
                say(f"tasks: {error}")
                return EXIT_FINDINGS
            except MessageError as error:
                say(f"tasks: {error}")
                return EXIT_CONFIGURATION

    return on_the_bus("tasks", config, on_bus)


def show_all(config: Path | None, status: str | None, *, as_json: bool) -> int:
    """Show every task, or those of one status."""

    async def work(desk: TaskDesk) -> int:
        records = [record async for record in desk.tasks() if status in {None, record.status.value}]
        records.sort(key=lambda one: (_rank(one.status), one.priority, one.created_at))
        if as_json:
            print(msgspec.json.encode(records).decode())  # noqa: T201  # the outcome
        else:
            _table(records)
        return EXIT_CLEAN

    if status is not None and status not in list(TaskStatus):
        known = ", ".join(TaskStatus)
        say(f"tasks: {Fault('', '--status', status, f'must be one of {known}')}")
        return EXIT_CONFIGURATION
    return at_desk(config, work)


def show_one(config: Path | None, task_id: str, *, as_json: bool) -> int:
    """Show one task and its steps."""

    async def work(desk: TaskDesk) -> int:
        found = await desk.find(task_id)
        if found is None:
            raise UnknownTaskError(f"nobody knows a task {task_id}")
        if as_json:
            print(msgspec.json.encode(found.record).decode())  # noqa: T201  # the outcome
        else:
            describe(found.record)
        return EXIT_CLEAN

    return at_desk(config, work)


def cancel_one(config: Path | None, task_id: str, reason: str) -> int:
    """Cancel one task."""

    async def work(desk: TaskDesk) -> int:
        if await desk.cancel_task(task_id, reason):
            print(f"{task_id} is cancelled")  # noqa: T201  # the outcome
            return EXIT_CLEAN
        say(f"tasks: {task_id} has ended before: {await desk.get_task_status(task_id)}")
        return EXIT_FINDINGS

    return at_desk(config, work)


def describe(record: TaskRecord) -> None:
    """Print a task and every step that it went."""
    console = Console(highlight=False, soft_wrap=True)
    facts = {
        "task": record.task_id,
        "type": record.task_type,
        "status": record.status.value,
        "priority": f"{record.priority.value} {record.priority.name.lower()}",
        "requester": record.requester_id,
        "agent": record.assignee_id or record.wanted_agent or "-",
        "deadline": record.deadline.isoformat() if record.deadline else "-",
        "waits for": ", ".join(record.dependencies) or "-",
        "progress": "-" if record.progress is None else f"{100 * record.progress:.0f} %",
        "parameters": msgspec.json.encode(record.parameters).decode(),
        "result": msgspec.json.encode(record.result).decode(),
        "error": record.error or "-",
    }
    for name, value in facts.items():
        console.print(f"{name:<11} {printable(value)}", markup=False)
    for step in record.steps:
        who = f" {step.agent_id}" if step.agent_id else ""
        line = f"{step.time.isoformat(timespec='milliseconds')}  {step.after.value}{who}  {step.reason}"
        console.print(f"  {printable(line)}", markup=False)


def _rank(status: TaskStatus) -> int:
    return _OPEN.index(status) if status in _OPEN else len(_OPEN)


def _table(records: Iterable[TaskRecord]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("task", "type", "status", "prio", "agent", "created", "error"):
        table.add_column(column, overflow="fold")
    for one in records:
        table.add_row(
            one.task_id,
            one.task_type,
            one.status.value,
            str(one.priority.value),
            one.assignee_id or one.wanted_agent or "-",
            one.created_at.isoformat(timespec="seconds"),
            printable(one.error or ""),
        )
    Console(highlight=False).print(table)
