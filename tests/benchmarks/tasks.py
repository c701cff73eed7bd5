"""A thousand agents that are there, and ten thousand tasks for them: how long, how much memory, none lost.

The scheduler is the coordination service in a process of its own. The agents share this process and one
connection; each has its mailbox, its heartbeat every 30 s and one kind of task of ten. The work is nothing.
"""

import asyncio
import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from fakes.site import SITE, Child, document, eventually, toml
from integrations import AgentCoordinator, AgentRole, AgentTask, MessageBus, MessagePriority, TaskStatus
from integrations.bus import (
    Bus,
    BusSettings,
    EmbeddedServer,
    Publisher,
    StreamSettings,
    agent_stream_configs,
    ensure_streams,
    stream_configs,
)
from integrations.coordination.tasks import TaskDesk

from .report import Figure

AGENTS, TASKS = 1_000, 10_000
QUICK_AGENTS, QUICK_TASKS = 100, 1_000
KINDS = 10
STORAGE_BYTES = 2 * 1024**3
AT_ONCE = 500
MIB = 1024**2
PATIENCE_SECONDS = 300.0


def through_the_scheduler(quick: bool) -> list[Figure]:
    """Tasks a second from submission to their end, and the scheduler's memory."""
    agents, tasks = (QUICK_AGENTS, QUICK_TASKS) if quick else (AGENTS, TASKS)
    return asyncio.run(_run(agents, tasks))


async def _run(agents: int, tasks: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedServer() as server, Bus(BusSettings(url=server.url), name="bench") as bus:
            settings = StreamSettings(storage_bytes=STORAGE_BYTES)
            await ensure_streams(bus, [*stream_configs(settings, SITE), *agent_stream_configs(settings)])
            path = Path(folder) / "plant.toml"
            path.write_text(toml({**document(server.url), "streams": {"storage_bytes": STORAGE_BYTES}}))
            scheduler = Child("coordination", path, Path(folder) / "log", LOG_LEVEL="WARNING")
            done: Counter[str] = Counter()
            began = time.perf_counter()
            async with scheduler, _agents(server.url, agents, done), Publisher(bus) as publisher:
                present = time.perf_counter() - began
                desk = TaskDesk(bus, publisher)
                await _through(desk, "warm", 100)
                done.clear()
                process = psutil.Process(scheduler._process.pid)
                cpu = sum(process.cpu_times()[:2])
                began = time.perf_counter()
                await _through(desk, "task", tasks)
                seconds = time.perf_counter() - began
                cpu = sum(process.cpu_times()[:2]) - cpu
                memory = process.memory_info().rss / MIB
                latency = await _alone(desk)
                ends = Counter(
                    [record.status async for record in desk.tasks() if record.task_id.startswith("task")]
                )
    lost = tasks - ends[TaskStatus.COMPLETED]
    twice = sum(count > 1 for count in done.values())
    what = f"{tasks:,} tasks, {agents:,} agents"
    note = f"{lost} lost, {twice} done twice, {cpu:.1f} s of the scheduler's processor time"
    return [
        Figure("tasks", what, tasks / seconds, "tasks/s", "none lost", note=f"{seconds:.1f} s; {note}"),
        Figure("tasks", f"{what}: the scheduler's memory", memory, "MiB"),
        Figure("tasks", "one task alone, submission to end", latency, "ms"),
        Figure("tasks", f"{agents:,} agents come", agents / present, "agents/s"),
    ]


@contextlib.asynccontextmanager
async def _agents(url: str, count: int, done: Counter[str]) -> AsyncIterator[None]:
    async def work(task: AgentTask) -> int:
        done[task.task_id] += 1
        return 1

    async with MessageBus(BusSettings(url=url), name="agents") as bus:
        agents = [AgentCoordinator(f"A-{number}", AgentRole.ANALYTICS, bus=bus) for number in range(count)]
        for number, agent in enumerate(agents):
            agent.register_task_handler(f"kind{number % KINDS}", work)
        try:
            for some in _slices(agents, 20):
                await asyncio.gather(*(agent.start() for agent in some))
            yield
        finally:
            for some in _slices(agents, 100):
                await asyncio.gather(*(agent.stop() for agent in some))


async def _through(desk: TaskDesk, name: str, count: int) -> None:
    """Submit tasks, and return when all have ended."""
    tasks = [_task(f"{name}-{number}", number) for number in range(count)]
    for some in _slices(tasks, AT_ONCE):
        await asyncio.gather(*(desk.submit_task(task) for task in some))

    async def all_ended() -> bool:
        ended = 0
        async for record in desk.tasks():
            ended += record.task_id.startswith(f"{name}-") and record.completed_at is not None
        return ended == count

    await desk.wait_for(tasks[-1].task_id, PATIENCE_SECONDS)
    await eventually(all_ended, PATIENCE_SECONDS)


async def _alone(desk: TaskDesk) -> float:
    """Milliseconds that one task takes, the median of some."""
    found = []
    for number in range(21):
        began = time.perf_counter()
        await desk.wait_for(await desk.submit_task(_task(f"alone-{number}", number)), PATIENCE_SECONDS)
        found.append(1000 * (time.perf_counter() - began))
    return sorted(found)[len(found) // 2]


def _task(task_id: str, number: int) -> AgentTask:
    return AgentTask(
        task_id,
        f"kind{number % KINDS}",
        "bench",
        None,
        MessagePriority(1 + number % 5),
        TaskStatus.PENDING,
        datetime.now(UTC),
        parameters={"number": number},
    )


def _slices(items: Sequence, size: int) -> list[Sequence]:
    return [items[first : first + size] for first in range(0, len(items), size)]
