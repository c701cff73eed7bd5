"""Whatever is killed, hangs or comes twice, each task has one outcome, and no task is lost."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.agents import make_streams
from fakes.site import ROOT, Child, document, eventually, toml
from fakes.tasks import Doing, a_task, doer, scheduler
from integrations import TaskStatus
from integrations.bus import Publisher, replay
from integrations.coordination.tasks import TaskDesk, machine
from integrations.coordination.tasks.store import TaskStore, Write
from integrations.messages import TaskRecord, decode

PROGRAM = Path(__file__).parents[1] / "fakes" / "agent_program.py"


@pytest.fixture
async def desk(nats_server, streams):
    await make_streams(streams)
    async with Publisher(streams) as publisher:
        yield TaskDesk(streams, publisher)


@contextlib.asynccontextmanager
async def working(*parts):
    """Start schedulers and agents, each with the connection it needs."""
    async with contextlib.AsyncExitStack() as stack:
        for each in parts:
            for one in each if isinstance(each, tuple) else (each.bus, each):
                await stack.enter_async_context(one)
        yield


class Program:
    """An agent in a process of its own."""

    def __init__(self, url, agent_id, seconds):
        self.lines = Counter()
        self._argv = [sys.executable, str(PROGRAM), url, agent_id, str(seconds)]
        self._env = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'shared'}"}

    async def __aenter__(self):
        self._process = await asyncio.create_subprocess_exec(
            *self._argv, env=self._env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        self._reading = asyncio.create_task(self._read())
        await eventually(lambda: self.lines["ready"], 30)
        return self

    async def __aexit__(self, *exc):
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading

    def signal(self, how):
        self._process.send_signal(how)

    async def _read(self):
        while line := await self._process.stdout.readline():
            self.lines[line.decode().strip()] += 1


async def one_outcome_each(desk, names):
    """Wait for the end of all, and return them; nothing may have been written after an end."""
    ended = [await desk.wait_for(name, 60) for name in names]
    async for stored in replay(desk._bus, "KV_gl_tasks", "$KV.gl_tasks.*"):
        record = decode(stored.data, TaskRecord)
        assert [step.after in machine.ENDS for step in record.steps].count(True) == 1, record
    return ended


async def test_a_scheduler_that_is_killed_is_replaced_and_nothing_is_lost_or_done_twice(
    nats_server, desk, tmp_path
):
    path = tmp_path / "plant.toml"
    path.write_text(toml(document(nats_server.url)))
    doing = Doing()
    first, second = (
        Child("coordination", path, tmp_path / f"{name}.log", INSTANCE=name) for name in ("first", "second")
    )
    names = [f"t{number}" for number in range(200)]
    async with first, second, working(doer(nats_server.url, "GL-004", doing, most=5)):
        await desk.submit_task(a_task("warm"))
        await desk.wait_for("warm", 40)
        doing.go.clear()
        for name in names[:100]:
            await desk.submit_task(a_task(name))
        await eventually(lambda: doing.at_once == 5, 20)
        await first.end(signal.SIGKILL)
        for name in names[100:]:
            await desk.submit_task(a_task(name))
        doing.go.set()
        ended = await one_outcome_each(desk, names)
    assert {task.status for task in ended} == {TaskStatus.COMPLETED}
    assert set(doing.begun.values()) == {1}


async def test_the_tasks_of_an_agent_that_is_killed_are_done_by_another(nats_server, desk):
    names = [f"t{number}" for number in range(10)]
    doing = Doing()
    async with working(scheduler(nats_server.url)[::-1]):
        async with Program(nats_server.url, "GL-008", 60) as program:
            for name in names:
                await desk.submit_task(a_task(name))
            await eventually(lambda: all(program.lines[f"begun {name}"] for name in names), 20)
        async with working(doer(nats_server.url, "GL-004", doing)):
            ended = await one_outcome_each(desk, names)
    assert {(task.status, task.assignee_id) for task in ended} == {(TaskStatus.COMPLETED, "GL-004")}
    found = await desk.find("t0")
    assert (found.record.attempt, found.record.losses) == (2, 1)
    assert "GL-008 is lost" in [step.reason for step in found.record.steps]


async def test_a_result_that_comes_after_the_task_went_to_another_changes_nothing(nats_server, desk):
    doing = Doing()
    async with working(scheduler(nats_server.url)[::-1]), Program(nats_server.url, "GL-008", 1) as program:
        await desk.submit_task(a_task("a"))
        await eventually(lambda: program.lines["begun a"], 20)
        program.signal(signal.SIGSTOP)
        async with working(doer(nats_server.url, "GL-004", doing)):
            assert (await desk.wait_for("a", 30)).result == {"by": "GL-004"}
            program.signal(signal.SIGCONT)
            await desk.submit_task(a_task("b", assignee="GL-008"))
            assert (await desk.wait_for("b", 30)).result == {"by": "GL-008"}
            (task,) = await one_outcome_each(desk, ["a"])
            assert task.result == {"by": "GL-004"}


async def test_tasks_go_on_when_the_bus_is_back(nats_server, desk):
    names = [f"t{number}" for number in range(60)]
    doing = Doing()
    async with working(scheduler(nats_server.url)[::-1], doer(nats_server.url, "GL-004", doing, most=3)):
        for name in names[:30]:
            await desk.submit_task(a_task(name))
        await eventually(lambda: doing.done, 20)
        await nats_server.kill()
        submitting = [asyncio.create_task(desk.submit_task(a_task(name))) for name in names[30:]]
        await asyncio.sleep(0.5)
        await nats_server.start()
        await asyncio.gather(*submitting)
        ended = await one_outcome_each(desk, names)
    assert {task.status for task in ended} == {TaskStatus.COMPLETED}


async def test_of_results_that_come_twice_the_first_counts(nats_server, desk, streams):
    async with working(scheduler(nats_server.url)[::-1], doer(nats_server.url, "GL-004", Doing(hold=True))):
        await desk.submit_task(a_task("a"))
        found = await eventually(lambda: in_progress(desk, "a"), 20)
        assert await desk.update_task_status("a", TaskStatus.COMPLETED, result=1)
        assert not await desk.update_task_status("a", TaskStatus.COMPLETED, result=2)
        async with Publisher(streams) as publisher:
            late = machine.fail(found.record, "late", datetime.now(UTC))
            assert await TaskStore(streams, publisher).write([Write(late, found.revision)]) == [None]
        (task,) = await one_outcome_each(desk, ["a"])
        assert (task.status, task.result) == (TaskStatus.COMPLETED, 1)


async def in_progress(desk, name):
    found = await desk.find(name)
    return found if found is not None and found.record.status is TaskStatus.IN_PROGRESS else None


async def test_an_agent_that_is_stopped_gives_back_what_it_has_not_done(nats_server, desk):
    first, second = Doing(hold=True), Doing()
    async with working(scheduler(nats_server.url)[::-1]):
        async with working(doer(nats_server.url, "GL-004", first)):
            await desk.submit_task(a_task("a"))
            await eventually(lambda: first.at_once, 20)
        async with working(doer(nats_server.url, "GL-008", second)):
            (task,) = await one_outcome_each(desk, ["a"])
    assert task.assignee_id == "GL-008"
    assert (await desk.find("a")).record.losses == 0
