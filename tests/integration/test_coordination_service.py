"""The coordination service and the commands about agents."""

import asyncio
import contextlib
import json
import sys
from datetime import UTC, datetime

from nats.errors import NoRespondersError

from fakes.agents import SOON, Heard, agents, dead_letters
from fakes.site import SITE, document, events, eventually, running
from fakes.tasks import a_task
from integrations.bus import AGENTS, TASKS
from integrations.messages import AgentList, MessagePriority, MessageType, decode, encode, inbox_subject


async def gl003(url, *arguments):
    """Run the command line; return exit code, what it printed, and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "integrations.cli", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"NATS_URL": url, "SITE": SITE, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    out, said = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), said.decode()


async def made(bus):
    async def there():
        return {AGENTS, TASKS, "KV_gl_agents"} <= set((await bus.api("STREAM.NAMES"))["streams"] or ())

    await eventually(there)


async def test_replicas_of_the_service_start_together_and_end_well(bus):
    table = document(bus.url)
    async with running("coordination", table, "a"), running("coordination", table, "b"):
        await made(bus)


async def test_it_tells_who_comes_and_goes_once_and_answers_who_there_is(bus):
    table = document(bus.url)
    async with running("coordination", table, "a"), running("coordination", table, "b"):
        await made(bus)
        async with agents(bus.url, "GL-002", settings=SOON):

            async def listed():
                reply = await bus.request(f"gl.{SITE}.svc.coordination.a.agents")
                found = decode(reply, AgentList).agents
                return ("GL-002", "online") in [(one.agent_id, one.status) for one in found]

            await eventually(listed)

        async def told():
            found = [await events(bus, kind) for kind in ("agent_online", "agent_offline")]
            return [[event.subject_id for event in kind].count("GL-002") for kind in found] == [1, 1]

        await eventually(told)


DYING = """
import asyncio
from integrations import AgentCoordinator, AgentRole
from integrations.coordination import AgentSettings

async def main():
    settings = AgentSettings(heartbeat_seconds=0.5, offline_seconds=2.0)
    async with AgentCoordinator("GL-002", AgentRole.MONITORING, settings=settings):
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_an_agent_that_dies_without_a_word_is_missed(bus):
    async with agents(bus.url, "GL-004", settings=SOON) as (other,):
        dying = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING, env={"NATS_URL": bus.url})
        try:
            await eventually(lambda: "GL-002" in other.directory.online(), 20)
        finally:
            dying.kill()
            await dying.wait()
        await eventually(lambda: "GL-002" not in other.directory.online(), 20)
        assert other.directory.find("GL-002").status == "offline"
        assert await other.directory.knows("GL-002")


async def test_mail_for_a_stranger_comes_back_to_whoever_published_it_without_looking(bus):
    async with running("coordination", document(bus.url)), agents(bus.url, "GL-002") as (gl_002,):
        failures = []
        gl_002.on_failure(lambda error, _: failures.append((error.agent_id, error.code)))
        message = gl_002.message("GL-099", MessageType.NOTIFICATION, {})
        gl_002._running().correspondence.questions.note(message.message_id)
        await bus.client.publish(inbox_subject("GL-099", MessagePriority.NORMAL), encode(message))
        await eventually(lambda: failures == [("coordination", "unknown_recipient")], 20)
        (letter,) = await eventually(lambda: dead_letters(bus, SITE))
        assert letter.headers["GL-Dead-Reason"] == (
            "unknown_recipient: recipient_id 'GL-099' is no agent that was ever seen"
        )
        assert letter.data == encode(message)


async def test_much_mail_that_expires_together_comes_back(bus):
    async with running("coordination", document(bus.url)):
        await eventually(lambda: there(bus))
        subject = inbox_subject("GL-005", MessagePriority.NORMAL)
        for _ in range(300):
            await bus.client.publish(subject, b"not read by anybody", headers={"Nats-TTL": "2s"})
        await bus.client.flush()

        async def all_dead():
            return len(await dead_letters(bus, SITE)) == 300

        await eventually(all_dead, 60)


async def test_mail_that_expires_unread_comes_back_but_not_what_its_reader_works_on(bus):
    async with running("coordination", document(bus.url)), agents(bus.url, "GL-002", "GL-004") as (a, busy):
        failures, working = [], Heard(hold=True)
        a.on_failure(lambda error, response: failures.append((str(error), response.correlation_id)))
        busy.register_handler(MessageType.NOTIFICATION, "note", working)
        sent = {}
        for recipient in ("GL-005", "GL-004"):
            message = a.message(recipient, MessageType.NOTIFICATION, {"action": "note"}, ttl=2)
            a._running().correspondence.questions.note(message.message_id)
            sent[recipient] = message
            subject = inbox_subject(recipient, MessagePriority.NORMAL)
            await bus.client.request(subject, encode(message), headers={"Nats-TTL": "2s"})
        reason = "GL-005 has not read it within the 2s that it had"
        told = (f"coordination: {reason} (expired)", sent["GL-005"].message_id)
        await eventually(lambda: failures == [told], 20)
        (letter,) = await eventually(lambda: dead_letters(bus, SITE))
        assert letter.headers["GL-Dead-Reason"] == f"expired: {reason}"
        assert [message.message_id for message in working.messages] == [sent["GL-004"].message_id]
        working.go.set()


async def asked(bus, endpoint, body):
    """Ask the service; return its answer, or its error's code and text."""
    answer = await bus.client.request(f"gl.{SITE}.svc.coordination.a.{endpoint}", encode(body), timeout=10)
    headers = answer.headers or {}
    if "Nats-Service-Error-Code" in headers:
        return headers["Nats-Service-Error-Code"], headers["Nats-Service-Error"]
    return json.loads(answer.data)


async def there(bus):
    with contextlib.suppress(NoRespondersError):
        return await asked(bus, "health", {})


async def test_tasks_are_submitted_looked_at_and_cancelled_by_request(bus):
    async with running("coordination", document(bus.url), "a"):
        await eventually(lambda: there(bus))
        for task_id in ("t1", "t2", "t3"):
            answer = await asked(bus, "submit_task", a_task(task_id))
            assert (answer["task_id"], answer["done"]) == (task_id, True)

        async def listed():
            return [task["task_id"] for task in (await asked(bus, "tasks", {}))["tasks"]] == [
                "t1",
                "t2",
                "t3",
            ]

        await eventually(listed, 20)
        page = await asked(bus, "tasks", {"limit": 2, "status": "pending"})
        assert ([task["task_id"] for task in page["tasks"]], page["next_after"]) == (["t1", "t2"], "t2")
        (last,) = (await asked(bus, "tasks", {"after": "t2"}))["tasks"]
        assert last["task_id"] == "t3"
        assert (await asked(bus, "cancel_task", {"task_id": "t1", "reason": "by hand"}))["done"]
        assert not (await asked(bus, "cancel_task", {"task_id": "t1"}))["done"]
        (ended,) = (await asked(bus, "tasks", {"task_id": "t1"}))["tasks"]
        assert (ended["status"], ended["error"]) == ("cancelled", "by hand")
        assert await asked(bus, "tasks", {"task_id": "t9"}) == ("404", "nobody knows a task t9")
        assert await asked(bus, "cancel_task", {"task_id": "t9"}) == ("404", "nobody knows a task t9")
        late = a_task("t4", deadline=datetime(2020, 1, 1, tzinfo=UTC))
        code, text = await asked(bus, "submit_task", late)
        assert (code, text.split(",")[0]) == ("400", "deadline must be after the beginning")
        assert (await asked(bus, "submit_task", {"task_id": "t5"}))[0] == "400"


async def test_the_commands_show_agents_and_ask_them(bus):
    async with running("coordination", document(bus.url)):
        await made(bus)
        async with agents(bus.url, "GL-002", settings=SOON) as (gl_002,):
            gl_002.register_handler(MessageType.REQUEST, "report", Heard({"efficiency": 92.5}))
            gl_002.register_handler(MessageType.REQUEST, "fail", Heard(ValueError("no steam")))
            shown, asked, failed, strange, wrong = await asyncio.gather(
                gl003(bus.url, "agents", "--json"),
                gl003(bus.url, "send", "GL-002", "report", "hours=8", "--wait"),
                gl003(bus.url, "send", "GL-002", "fail", "--wait"),
                gl003(bus.url, "send", "GL-099", "report", "--wait"),
                gl003(bus.url, "send", "GL-002", "report", "hours", "--priority", "soon"),
            )
        assert shown[0] == 0
        assert [one["agent_id"] for one in json.loads(shown[1])] == ["GL-002", "GL-003"]
        assert asked[0] == 0, asked
        assert json.loads(asked[1]) == {"efficiency": 92.5}
        assert failed[0] == 3
        assert "ValueError: no steam (handler_failed)" in failed[2]
        assert (strange[0], strange[2]) == (3, "send: recipient_id 'GL-099' is no agent that was ever seen\n")
        assert wrong[0] == 2
        assert "--priority must be one of critical, high, normal, low, background, got 'soon'" in wrong[2]
