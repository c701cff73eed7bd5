"""`gl003 tasks submit`: a task from the command line, checked option by option."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from integrations.cli.connected import EXIT_FINDINGS, say
from integrations.cli.duration import seconds_of
from integrations.configuration import ConfigurationError, Fault
from integrations.coordination.tasks import ScheduleError, TaskDesk, TaskRefusedError, TaskSchedule
from integrations.messages import AgentTask, MessagePriority, TaskStatus
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION

from .tasks_work import at_desk, describe

REQUESTER = "gl003"


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    task_type: str
    task_id: str | None
    params: Sequence[str]
    priority: int
    to: str | None
    after: Sequence[str]
    within: str | None
    at: str | None
    every: str | None
    cron: str | None
    timezone: str
    wait: str | None


def submit(config: Path | None, wish: Wish) -> int:
    """Submit a task; return the exit code: 0 submitted (with --wait: completed), 3 not completed."""
    try:
        task, schedule, seconds = _task(wish), _schedule(wish), _seconds("--wait", wish.wait)
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"tasks: {fault}")
        return EXIT_CONFIGURATION
    except ScheduleError as error:
        say(f"tasks: {error}")
        return EXIT_CONFIGURATION

    async def work(desk: TaskDesk) -> int:
        try:
            task_id = await desk.submit_task(task, schedule)
        except TaskRefusedError as error:
            say(f"tasks: {error}")
            return EXIT_CONFIGURATION
        print(task_id)  # noqa: T201  # the outcome
        return EXIT_CLEAN if seconds is None else await _end(desk, task_id, seconds)

    return at_desk(config, work)


async def _end(desk: TaskDesk, task_id: str, seconds: float) -> int:
    try:
        await desk.wait_for(task_id, seconds)
    except TimeoutError:
        say(f"tasks: {task_id} has not ended within {seconds:g} s: {await desk.get_task_status(task_id)}")
        return EXIT_FINDINGS
    found = await desk.find(task_id)
    if found is None:
        return EXIT_FINDINGS
    describe(found.record)
    return EXIT_CLEAN if found.record.status is TaskStatus.COMPLETED else EXIT_FINDINGS


def _task(wish: Wish) -> AgentTask:
    within, now = _seconds("--within", wish.within), datetime.now(UTC)
    return AgentTask(
        wish.task_id or uuid.uuid4().hex[:12],
        wish.task_type,
        REQUESTER,
        wish.to,
        MessagePriority(wish.priority),
        TaskStatus.PENDING,
        now,
        deadline=now + timedelta(seconds=within) if within is not None else None,
        parameters=dict(_param(text) for text in wish.params),
        dependencies=list(wish.after),
    )


def _schedule(wish: Wish) -> TaskSchedule | None:
    if not (wish.at or wish.every or wish.cron):
        return None
    every = _seconds("--every", wish.every)
    return TaskSchedule(
        _time(wish.at) if wish.at else None,
        timedelta(seconds=every) if every is not None else None,
        wish.cron or "",
        wish.timezone,
    )


def _param(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ConfigurationError([Fault("", "--param", text, "must be name=value")])
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        allowed = "must be a time such as 2026-11-24T06:00 (UTC) or with +01:00"
        raise ConfigurationError([Fault("", "--at", text, allowed)]) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _seconds(option: str, text: str | None) -> float | None:
    return None if text is None else seconds_of(option, text)
