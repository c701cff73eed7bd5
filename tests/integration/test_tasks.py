"""Tasks over a real bus: given out, done, and ended once, with a clear reason where they cannot be done."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from fakes.agents import agent, make_streams
from fakes.site import eventually
from fakes.tasks import Doing, a_task, doer, scheduler
from integrations import MessageType, TaskStatus
from integrations.bus import Outgoing, Publisher
from integrations.coordination import NotRunningError
from integrations.coordination.tasks import Engine, TaskDesk, TaskRefusedError, TaskSchedule, UnknownTaskError


@pytest.fixture
async def url(nats_server, streams):
    await make_streams(streams)
    return nats_server.url


@contextlib.asynccontextmanager
async def at_work(url, *doers, policy="least_loaded"):
    """A scheduler, and agents that do tasks."""
    tasks, bus = scheduler(url, policy)
    async with contextlib.AsyncExitStack() as stack:
        for each in doers:
            stack.push_async_callback(each.bus.stop)
            await stack.enter_async_context(each)
        await stack.enter_async_context(bus)
        yield await stack.enter_async_context(tasks)


async def test_a_scheduler_works_where_no_service_has_made_any_streams(nats_server):
    async with at_work(nats_server.url, doer(nats_server.url, "GL-004", Doing())) as tasks:
        await tasks.submit_task(a_task("a"))
        assert (await tasks.wait_for("a", 20)).status is TaskStatus.COMPLETED


async def test_a_task_is_done_by_an_agent_that_can_and_its_requester_hears_of_it(url):
    doing, heard = Doing(), []
    requester = agent(url, "GL-003")
    requester.register_handler(
        MessageType.NOTIFICATION, "task_ended", lambda message: heard.append(message.payload)
    )
    async with at_work(url, doer(url, "GL-004", doing), requester):
        await requester.tasks.desk.submit_task(a_task("a", parameters={"hours": 8}))
        ended = await requester.tasks.desk.wait_for("a", 20)
        assert (ended.status, ended.assignee_id) == (TaskStatus.COMPLETED, "GL-004")
        assert ended.result == {"by": "GL-004", "hours": 8}
        assert ended.created_at <= ended.started_at <= ended.completed_at
        await eventually(lambda: heard, 20)
        assert heard == [
            {
                "action": "task_ended",
                "task_id": "a",
                "status": "completed",
                "result": ended.result,
                "error": None,
            }
        ]


async def test_a_result_too_large_for_the_notice_is_fetched_by_its_requester(url):
    large = "x" * (256 * 1024 - 20)
    requester, heard = agent(url, "GL-003"), []
    requester.register_handler(
        MessageType.NOTIFICATION, "task_ended", lambda message: heard.append(message.payload)
    )
    async with at_work(url, doer(url, "GL-004", lambda _task: large), requester):
        await requester.tasks.desk.submit_task(a_task("a"))
        await eventually(lambda: heard, 20)
        (told,) = heard
        assert (told["status"], told["result"], told["result_left_out"]) == ("completed", None, True)
        assert (await requester.tasks.desk.get_task("a")).result == large


async def test_a_scheduler_that_dies_is_heard_in_the_log_on_the_bus_and_by_its_next_caller(
    url, streams, monkeypatch
):
    async def die(_engine):
        raise OSError("no more")

    monkeypatch.setattr(Engine, "work", die)
    told = []
    await streams.client.hear("gl.plant1.event.task-scheduler.*", lambda event: told.append(event.data))
    await streams.client.flush()
    async with at_work(url) as tasks:
        await eventually(lambda: told)
        with pytest.raises(NotRunningError, match="the task scheduler has ended: no more"):
            await tasks.submit_task(a_task("a"))
        event = json.loads(told[0])
        assert (event["kind"], event["text"]) == (
            "scheduler_ended", "the task scheduler has ended: OSError: no more"
        )  # fmt: skip
    monkeypatch.undo()
    async with at_work(url) as tasks:
        assert await tasks.submit_task(a_task("a")) == "a"


async def test_what_a_handler_raises_is_how_the_task_ended(url):
    async with at_work(url, doer(url, "GL-004", Doing())) as tasks:
        await tasks.submit_task(a_task("a", parameters={"error": "valve stuck"}))
        await tasks.submit_task(a_task("b", dependencies=["a"]))
        assert (await tasks.wait_for("a", 20)).error == "ValueError: valve stuck"
        assert (await tasks.wait_for("b", 20)).error == "dependency a failed: ValueError: valve stuck"


async def test_a_handler_whose_own_work_was_cancelled_has_failed(url):
    async def gives_up(_):
        waiting = asyncio.ensure_future(asyncio.Event().wait())
        waiting.cancel()
        await waiting

    async with at_work(url, doer(url, "GL-004", gives_up)) as tasks:
        await tasks.submit_task(a_task("a"))
        assert (await tasks.wait_for("a", 20)).error == "what the handler waited for was cancelled"


async def test_a_task_submitted_twice_is_done_once(url):
    doing = Doing()
    async with at_work(url, doer(url, "GL-004", doing)) as tasks:
        for _ in range(3):
            await tasks.submit_task(a_task("a"))
        await tasks.wait_for("a", 20)
        await tasks.submit_task(a_task("a", priority=1))
        await tasks.submit_task(a_task("b"))
        await tasks.wait_for("b", 20)
        assert doing.begun == {"a": 1, "b": 1}


async def test_no_more_is_done_at_once_than_the_capability_allows_and_the_urgent_comes_first(url):
    doing = Doing(hold=True)
    async with at_work(url, doer(url, "GL-004", doing, most=2)) as tasks:
        for name in ("first", "second"):
            await tasks.submit_task(a_task(name))
        await eventually(lambda: len(doing.begun) == 2, 20)
        for name, priority in (("low", 5), ("normal", 3), ("critical", 1)):
            await tasks.submit_task(a_task(name, priority=priority))
            await eventually(lambda name=name: tasks._engine.book.entry(name), 20)
        doing.go.set()
        for name in ("low", "normal", "critical"):
            await tasks.wait_for(name, 20)
        assert doing.most_at_once == 2
        assert doing.order.index("critical") < doing.order.index("normal") < doing.order.index("low")


async def test_cyclic_and_missing_dependencies_and_unknown_types_are_told_by_name(url):
    async with at_work(url, doer(url, "GL-004", Doing())) as tasks:
        await tasks.submit_task(a_task("a", dependencies=["b"]))
        await tasks.submit_task(a_task("b", dependencies=["a"]))
        await tasks.submit_task(a_task("c", dependencies=["ghost"]))
        await tasks.submit_task(a_task("d", "juggle"))
        errors = [(await tasks.wait_for(name, 20)).error for name in "abcd"]
        assert errors[0] in {"cyclic dependencies: b → a → b", "cyclic dependencies: a → b → a"}
        assert errors[1] == errors[0]
        assert errors[2:] == [
            "dependency ghost does not exist",
            "no agent knows task_type juggle; known are report",
        ]


async def test_what_can_never_be_done_is_refused_at_once(url):
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with at_work(url) as tasks:
        with pytest.raises(TaskRefusedError, match="deadline must be after the beginning, got 20"):
            await tasks.submit_task(a_task("a", deadline=past))
        with pytest.raises(TaskRefusedError, match=r"a task must have at most 229376 bytes.* got 2\d+"):
            await tasks.submit_task(a_task("a", parameters={"text": "x" * 240_000}))
        with pytest.raises(TaskRefusedError, match="cyclic dependencies: a → a"):
            await tasks.submit_task(a_task("a", dependencies=["a"]))
        with pytest.raises(TaskRefusedError, match="schedules pattern is invalid"):
            await tasks.submit_task(a_task("a"), TaskSchedule(cron="0 99 * * * *"))
        with pytest.raises(UnknownTaskError, match="nobody knows a task a"):
            await tasks.get_task_status("a")


async def test_what_is_no_task_becomes_a_dead_letter_and_holds_nothing_up(url, streams):
    async with at_work(url, doer(url, "GL-004", Doing())) as tasks:
        async with Publisher(streams) as publisher:
            await publisher.publish_all([Outgoing("gl.task.p3.report", b'{"task_id": "a b"}')])
        await tasks.submit_task(a_task("good"))
        await tasks.wait_for("good", 20)
    letter = await eventually(
        lambda: streams.api("STREAM.MSG.GET.DEAD", {"last_by_subj": "gl.plant1.dead.TASKS"}), 20
    )
    assert letter["message"]["subject"] == "gl.plant1.dead.TASKS"


async def test_a_task_from_another_language_may_leave_out_what_can_be_and_its_times_are_utc(url, streams):
    task = {
        "task_id": "foreign", "task_type": "report", "requester_id": "somebody", "priority": 3,
        "status": "pending", "created_at": "2026-11-30T08:00:00",
    }  # fmt: skip
    late = {**task, "task_id": "late", "deadline": "2020-01-01T00:00:00"}
    async with at_work(url, doer(url, "GL-004", Doing())) as tasks, Publisher(streams) as publisher:
        mail = [Outgoing("gl.task.p3.report", json.dumps(each).encode()) for each in (task, late)]
        await publisher.publish_all(mail)
        assert (await tasks.wait_for("foreign", 20)).status is TaskStatus.COMPLETED
        error = (await tasks.wait_for("late", 20)).error
    assert error == "deadline 2020-01-01T00:00:00+00:00 had passed when it came"


async def test_a_deadline_ends_a_task_that_is_being_done(url):
    doing = Doing(hold=True)
    async with at_work(url, doer(url, "GL-004", doing)) as tasks:
        await tasks.submit_task(a_task("a", deadline=datetime.now(UTC) + timedelta(seconds=1)))
        ended = await tasks.wait_for("a", 20)
        assert ended.status is TaskStatus.FAILED
        assert ended.error == f"deadline {ended.deadline.isoformat()} passed"
        await eventually(lambda: doing.at_once == 0, 20)
        assert doing.done == {}


async def test_a_cancelled_task_is_stopped_and_what_has_ended_cannot_be_cancelled(url):
    doing = Doing(hold=True)
    async with at_work(url, doer(url, "GL-004", doing)) as tasks:
        await tasks.submit_task(a_task("a"))
        await eventually(lambda: doing.at_once, 20)
        assert await tasks.cancel_task("a", "not needed")
        assert not await tasks.cancel_task("a")
        await eventually(lambda: doing.at_once == 0, 20)
        assert (await tasks.get_task("a")).error == "not needed"
        assert not await tasks.update_task_status("a", TaskStatus.COMPLETED, result=1)
        assert await tasks.get_task_status("a") is TaskStatus.CANCELLED


async def test_the_server_begins_tasks_later_and_again_and_again_until_that_is_cancelled(url):
    doing = Doing()
    async with at_work(url, doer(url, "GL-004", doing)) as tasks:
        await tasks.submit_task(a_task("later"), TaskSchedule(at=datetime.now(UTC) + timedelta(seconds=1)))
        assert await tasks.get_task_status("later") is TaskStatus.PENDING
        await tasks.submit_task(a_task("often"), TaskSchedule(every=timedelta(seconds=1)))
        await eventually(lambda: len([name for name in doing.done if name.startswith("often-")]) >= 2, 20)
        assert (await tasks.wait_for("later", 20)).status is TaskStatus.COMPLETED
        assert await tasks.cancel_task("often")
        info = await tasks.desk._bus.api("STREAM.INFO.TASKS", {"subjects_filter": "gl.task.schedule.*"})
        assert not info["state"].get("subjects")
        assert set(doing.done.values()) == {1}


async def test_tasks_wait_for_an_agent_that_has_room_and_assign_task_says_whose_it_is(url):
    async with at_work(url, doer(url, "GL-004", Doing(hold=True), most=1)) as tasks:
        await tasks.submit_task(a_task("a"))
        await eventually(lambda: tasks._engine.book.entry("a"), 20)
        assert await tasks.assign_task("a") == "GL-004"
        await tasks.submit_task(a_task("b", assignee="GL-004"))
        await eventually(lambda: tasks._engine.book.entry("b"), 20)
        assert await tasks.assign_task("b") is None
        assert await tasks.assign_task("ghost") is None
        assert await tasks.update_task_status("a", TaskStatus.COMPLETED, result={"by": "hand"})
        await eventually(lambda: tasks._engine.book.entry("b").record.assignee_id, 20)
        assert (await tasks.get_task("a")).result == {"by": "hand"}


async def test_who_asks_while_a_task_is_being_given_hears_whose_it_is(url):
    async with at_work(url, doer(url, "GL-004", Doing(hold=True))) as tasks:
        engine = tasks._engine
        write, go = engine.store.write, asyncio.Event()

        async def slow(writes):
            await go.wait()
            return await write(writes)

        await engine.know()
        await tasks.submit_task(a_task("a"))
        await eventually(lambda: engine.book.entry("a"), 20)
        engine.store.write = slow
        asking = asyncio.create_task(tasks.assign_task("a"))
        await asyncio.sleep(0.1)
        go.set()
        assert await asking == "GL-004"


async def test_progress_is_written_down(url):
    working = asyncio.Event()

    async def slow(task):
        await it.tasks.worker.report_progress(task.task_id, 0.25)
        await working.wait()
        return 1

    it = doer(url, "GL-004", slow)
    async with at_work(url, it) as tasks:
        await tasks.submit_task(a_task("a"))
        await eventually(
            lambda: (entry := tasks._engine.book.entry("a")) and entry.record.progress == 0.25, 20
        )
        working.set()
        assert (await tasks.wait_for("a", 20)).result == 1
        assert (await tasks.desk.find("a")).record.progress == 1.0


async def test_where_room_for_records_grows_short_ended_tasks_are_forgotten_and_new_ones_wait(
    nats_server, streams, monkeypatch
):
    monkeypatch.setattr("integrations.coordination.tasks.engine.ROOM_SECONDS", 0.1)
    await make_streams(streams, mebibytes=16)  # of which a fiftieth is for records: some 300
    doing = Doing()
    async with at_work(nats_server.url, doer(nats_server.url, "GL-004", doing, most=20)) as tasks:
        for number in range(500):
            await tasks.submit_task(a_task(f"t{number}"))
        await eventually(lambda: len(doing.done) == 500, 40)
        assert set(doing.done.values()) == {1}
        assert await tasks.wait_for("t499", 20)


async def test_a_queue_that_nobody_empties_refuses_before_it_would_drop_anything(
    nats_server, streams, monkeypatch
):
    monkeypatch.setattr("integrations.coordination.tasks.desk.QUEUE_SECONDS", 0.0)
    await make_streams(streams, mebibytes=16)
    async with Publisher(streams) as publisher:
        desk = TaskDesk(streams, publisher)
        submitted = []

        async def submit_many():
            for number in range(100):
                task = a_task(f"t{number}", parameters={"text": "x" * 20_000})
                submitted.append(await desk.submit_task(task))

        with pytest.raises(TaskRefusedError, match=r"the queue of tasks is 9\d % full: no scheduler takes"):
            await submit_many()
        assert [record.task_id async for record in desk.tasks()] == submitted
