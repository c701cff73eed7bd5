"""Tasks as micro endpoints: looked at, submitted and cancelled by whoever asks services anyway."""

import itertools
from collections.abc import Sequence

from integrations.bus import Endpoint, EndpointError, Request
from integrations.coordination.tasks import Engine, TaskDesk, TaskError, UnknownTaskError
from integrations.messages import (
    AgentTask,
    TaskAnswer,
    TaskCancellation,
    TaskList,
    TaskRecord,
    TasksRequest,
)
from integrations.runtime.endpoints import body, endpoint
from integrations.runtime.paging import fitting

PAGE_BYTES = 512 * 1024


class TasksAsked:
    """Answers about tasks from what a scheduler follows, and from the bus where that does not know one."""

    def __init__(self, engine: Engine, desk: TaskDesk) -> None:
        self._engine = engine
        self._desk = desk

    def endpoints(self) -> Sequence[Endpoint]:
        """Return `tasks`, `submit_task` and `cancel_task`."""
        return [
            endpoint("tasks", self._tasks, TaskList, TasksRequest),
            endpoint("submit_task", self._submit, TaskAnswer, AgentTask),
            endpoint("cancel_task", self._cancel, TaskAnswer, TaskCancellation),
        ]

    async def _tasks(self, request: Request) -> TaskList:
        asked = body(request, TasksRequest)
        if asked.task_id is not None:
            found = await self._desk.find(asked.task_id)
            if found is None:
                raise EndpointError(404, f"nobody knows a task {asked.task_id}")
            return TaskList(tasks=[found.record])
        return self._page(asked)

    def _page(self, asked: TasksRequest) -> TaskList:
        records = (entry.record for entry in self._engine.book.entries())
        wanted = sorted((record for record in records if _is_wanted(record, asked)), key=_id)
        page = list(fitting(itertools.islice(wanted, asked.limit), PAGE_BYTES))
        return TaskList(tasks=page, next_after=page[-1].task_id if len(page) < len(wanted) else None)

    async def _submit(self, request: Request) -> TaskAnswer:
        try:
            return TaskAnswer(task_id=await self._desk.submit_task(body(request, AgentTask)), done=True)
        except TaskError as error:
            raise EndpointError(400, str(error)) from error

    async def _cancel(self, request: Request) -> TaskAnswer:
        asked = body(request, TaskCancellation)
        try:
            done = await self._desk.cancel_task(asked.task_id, asked.reason)
        except UnknownTaskError as error:
            raise EndpointError(404, str(error)) from error
        return TaskAnswer(task_id=asked.task_id, done=done)


def _is_wanted(record: TaskRecord, asked: TasksRequest) -> bool:
    return asked.status in {None, record.status} and (asked.after is None or record.task_id > asked.after)


def _id(record: TaskRecord) -> str:
    return record.task_id
