"""The tasks of agents, followed in their bucket; the newest of them are shown."""

import asyncio
import contextlib
from typing import Any

import msgspec
import structlog

from integrations.bus import TASK_BUCKET, Bus, BusClosedError, BusError, Latest, Value
from integrations.coordination.tasks import machine
from integrations.messages import Header, MessageError, TaskRecord, decode

log = structlog.get_logger(__name__)

MAX_TASKS = 2000
SHOWN = 200
RETRY_SECONDS = 2.0


class Tasks:
    """Remembers the last tasks; when there are too many, the ended ones go first."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._records: dict[str, TaskRecord] = {}

    async def follow(self) -> None:
        """Follow the bucket until the bus is closed."""
        while True:
            try:
                async with contextlib.aclosing(Latest(self._bus, TASK_BUCKET).watch("*")) as values:
                    async for value in values:
                        self.take(value)
            except BusClosedError:
                return
            except BusError as error:
                log.debug("tasks cannot be followed", reason=str(error))  # a plant without agents has none
                await asyncio.sleep(RETRY_SECONDS)

    def take(self, value: Value) -> None:
        """Take a task's record, or its end."""
        self._records.pop(value.key, None)
        if not value.data:
            return
        with contextlib.suppress(MessageError):
            record = decode(value.data, TaskRecord, value.headers.get(Header.CONTENT_TYPE))
            self._records[value.key] = record
        if len(self._records) > MAX_TASKS:
            ended = (key for key, one in self._records.items() if machine.ended(one))
            self._records.pop(next(ended, next(iter(self._records))))

    def newest(self) -> list[dict[str, Any]]:
        """Return those that go on, then those that have ended, each the newest first."""
        records = sorted(
            self._records.values(), key=lambda one: (machine.ended(one), -one.created_at.timestamp())
        )
        return [_shown(one) for one in records[:SHOWN]]


def _shown(record: TaskRecord) -> dict[str, Any]:
    """Return what is shown of a task: parameters and result are not, they may be large."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return {key: value for key, value in plain.items() if key not in {"parameters", "result", "schema"}}
