"""Messages between agents over a real bus: to one, to a role, to all; answered, tried again, or dead."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from fakes.agents import SOON, Heard, agent, agents, dead_letters
from fakes.site import eventually
from integrations import AgentCoordinator, AgentRole, MessageBus, MessagePriority, MessageType
from integrations.bus import BusSettings, EmbeddedServer
from integrations.coordination import (
    AgentError,
    AgentSettings,
    ExpiredError,
    MailRefusedError,
    NoResponseError,
    NotRunningError,
    NotThereError,
    SenderError,
    UnknownRecipientError,
)
from integrations.messages import AgentMessage, encode, inbox_subject

NORMAL, CRITICAL, BACKGROUND = MessagePriority.NORMAL, MessagePriority.CRITICAL, MessagePriority.BACKGROUND


def note(sender, recipient, number=0, **more):
    return sender.message(recipient, MessageType.NOTIFICATION, {"action": "note", "number": number}, **more)


def hears(one, answer=None, hold=False, kind=MessageType.NOTIFICATION, action="note"):
    heard = Heard(answer, hold)
    one.register_handler(kind, action, heard)
    return heard


async def test_a_request_is_answered_on_both_ways(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        b.register_handler(MessageType.REQUEST, "add", lambda message: {"sum": message.payload["x"] + 1})
        for durable in (True, False):
            assert await a.request("B", "add", {"x": 1}, durable=durable) == {"sum": 2}


async def test_an_exception_is_an_answer_that_is_an_error(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        hears(b, ValueError("no steam"), kind=MessageType.REQUEST, action="report")
        for durable in (True, False):
            with pytest.raises(AgentError, match=r"B: ValueError: no steam \(handler_failed\)"):
                await a.request("B", "report", durable=durable)
            with pytest.raises(AgentError, match=r"B has no handler for request 'dance'; it has .*report"):
                await a.request("B", "dance", durable=durable)


async def test_what_goes_to_a_role_or_to_all_reaches_each_of_them_and_not_its_sender(nats_server):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        heard = {one.agent_id: hears(one) for one in (a, b, c)}
        await a.send_message(note(a, "role:analytics", 1))
        await a.send_message(note(a, "BROADCAST", 2))
        await a.send_message(note(a, "role:monitoring", 3))
        await eventually(lambda: all(len(heard[name].messages) == 2 for name in "BC"))
        assert {message.payload["number"] for message in heard["B"].messages} == {1, 2}
        assert not heard["A"].messages


async def test_a_question_to_a_role_is_answered_by_each(nats_server):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        for one in (b, c):
            hears(one, {"name": one.agent_id}, kind=MessageType.REQUEST, action="who")
        message = a.message("role:analytics", MessageType.REQUEST, {"action": "who"}, requires_response=True)
        sent = await a.send_message(message)
        answers = [await sent.response(10) for _ in range(2)]
        assert {answer.payload["name"] for answer in answers} == {"B", "C"}


async def test_an_agent_that_is_away_finds_its_mail_the_urgent_first(nats_server):
    one_at_a_time = AgentSettings(heartbeat_seconds=0.5, offline_seconds=2.0, concurrency=1)
    async with agents(nats_server.url, "A") as (a,):
        async with agents(nats_server.url, "B"):
            pass
        for number in range(100):
            await a.send_message(note(a, "B", number, priority=BACKGROUND))
        await a.send_message(note(a, "B", 100, priority=CRITICAL))
        b = agent(nats_server.url, "B", settings=one_at_a_time)
        heard = hears(b)
        async with b:
            await eventually(lambda: len(heard.messages) == 101)
        await b.bus.stop()
        numbers = [message.payload["number"] for message in heard.messages]
        assert numbers[0] == 100
        assert numbers[1:] == list(range(100))


async def test_the_server_forgets_what_nobody_has_read_in_time(nats_server):
    async with agents(nats_server.url, "A") as (a,):
        await a.send_message(note(a, "GL-002", ttl=1))
        await a.send_message(note(a, "GL-002", ttl=600))

        async def kept():
            info = await a.bus.link.bus.api(
                "STREAM.INFO.AGENTS", {"subjects_filter": inbox_subject("GL-002", NORMAL)}
            )
            return (info["state"].get("subjects") or {}).get(inbox_subject("GL-002", NORMAL)) == 1

        await eventually(kept)


async def test_mail_that_nobody_has_read_in_time_is_dead_and_its_sender_hears_it(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        failures = []
        a.on_failure(lambda error, response: failures.append((str(error), response.correlation_id)))
        away = note(a, "GL-002", ttl=1)
        for message in (away, note(a, "B", ttl=1), note(a, "GL-002", ttl=1, requires_response=True)):
            await a.send_message(message)
        reason = "GL-002 has not read it within its ttl of 1 s"
        await eventually(lambda: failures == [(f"A: {reason} (expired)", away.message_id)])
        (letter,) = await eventually(lambda: dead_letters(b.bus.link.bus))
        assert letter.headers["GL-Dead-Reason"] == f"expired: {reason}"
        assert letter.headers["GL-Dead-Subject"] == inbox_subject("GL-002", NORMAL)
        assert letter.data == encode(away)


async def test_no_answer_in_time_and_no_agent_are_different_errors(nats_server):
    async with agents(nats_server.url, "A") as (a,):
        with pytest.raises(NoResponseError, match="no response from GL-002"):
            await a.request("GL-002", "report", timeout_seconds=0.2)
        with pytest.raises(NotThereError, match="GL-002 is not there"):
            await a.request("GL-002", "report", durable=False)
        with pytest.raises(UnknownRecipientError, match="'GL-099' is no agent that was ever seen"):
            await a.request("GL-099", "report")
        with pytest.raises(UnknownRecipientError, match="role: and one of"):
            await a.send_message(note(a, "role:cook"))


async def test_a_message_in_another_name_is_not_sent(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        with pytest.raises(SenderError, match="sender_id must be 'A', got 'B'"):
            await a.send_message(note(b, "B"))
        with pytest.raises(SenderError, match="sender_id must be 'A', got 'B'"):
            await a.ask(note(b, "B"))


async def test_what_is_expired_is_not_sent_and_what_is_too_large_is_not_made(nats_server):
    async with agents(nats_server.url, "A") as (a,):
        old = note(a, "GL-001", ttl=5)
        with pytest.raises(ExpiredError, match=r"expired .* ago: its ttl is 5 s"):
            await a.send_message(_at(old, datetime.now(UTC) - timedelta(seconds=10)))
        await a.send_message(a.message("GL-001", MessageType.NOTIFICATION, {"x": "x" * 200_000}))
        with pytest.raises(ValueError, match="payload must have at most 262144 bytes"):
            a.message("GL-001", MessageType.NOTIFICATION, {"x": "x" * 300_000})


def _at(message, time):
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    return AgentMessage(**fields | {"timestamp": time})


async def test_a_duplicate_is_worked_on_once_and_answered_again(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        heard = hears(b, {"n": 1}, kind=MessageType.REQUEST, action="count")
        message = a.message("B", MessageType.REQUEST, {"action": "count"}, requires_response=True)
        sent = await a.send_message(message)
        assert (await sent.response(10)).payload == {"n": 1}
        client = a.bus.link.bus.client
        await client.publish(inbox_subject("B", NORMAL), encode(message))  # no id: the server keeps it
        assert (await sent.response(10)).payload == {"n": 1}
        assert len(heard.messages) == 1
        assert (await a.bus.publish(message)).duplicate
        assert b.counts["duplicates"] == 1


async def test_what_fails_is_tried_again_and_then_dead_and_its_sender_hears_why(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        heard = hears(b, RuntimeError("valve stuck"))
        failures = []
        a.on_failure(lambda error, response: failures.append((error.reason, response.correlation_id)))
        message = note(a, "B", max_retries=1)
        await a.send_message(message)
        await eventually(lambda: failures, 20)
        assert [each.retry_count for each in heard.messages] == [0, 1]
        assert failures == [("failed 2 times, last with: RuntimeError: valve stuck", message.message_id)]
        letter = (await eventually(lambda: dead_letters(a.bus.link.bus)))[0]
        assert letter.headers["GL-Dead-Reason"].startswith("handler_failed: failed 2 times")
        assert letter.headers["GL-Dead-Subject"] == inbox_subject("B", NORMAL)
        assert letter.data == encode(message)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "malformed: not a AgentMessage in application/json: Input data was truncated"),
        (b"[" * 99, "malformed: a field may nest 16 deep; one goes deeper or brackets do not match"),
        (b"1", "malformed: not a AgentMessage in application/json: Expected `object`, got `int`"),
        (b'{"sender_id":"A","message_id":"m-1"}', "malformed: .*missing required field"),
        (b'"' + b"x" * 600_000 + b'"', "too_large: a message may have 524288 bytes, this one has 600002"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_dead_with_its_reason(nats_server, body, reason):
    async with agents(nats_server.url, "B") as (b,):
        await b.bus.link.bus.client.publish(inbox_subject("B", NORMAL), body)
        (letter,) = await eventually(lambda: dead_letters(b.bus.link.bus))
        assert letter.data == body
        assert re.match(reason, letter.headers["GL-Dead-Reason"])


async def test_late_and_misrouted_mail_from_elsewhere_is_dead_and_its_sender_hears_it(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        failures = []
        a.on_failure(lambda error, _: failures.append(error.code))
        client = a.bus.link.bus.client
        old = _at(note(a, "B", ttl=1), datetime.now(UTC) - timedelta(seconds=10))
        other = note(a, "C")
        for message in (old, other):
            a._running().correspondence.questions.note(message.message_id)
            await client.publish(inbox_subject("B", NORMAL), encode(message))
        await eventually(lambda: sorted(failures) == ["expired", "misrouted"])
        await eventually(lambda: b.counts.get("dead") == 2)


async def test_a_response_to_nothing_is_dead_whichever_way_it_comes(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        answer = b.message("A", MessageType.RESPONSE, {}, correlation_id="never-asked")
        b.bus.post.answer(answer)
        await b.send_message(b.message("A", MessageType.RESPONSE, {}, correlation_id="never-asked"))

        async def both():
            return len(await dead_letters(a.bus.link.bus)) == 2

        await eventually(both)
        assert all("nothing was sent under correlation_id 'never-asked'" in letter.headers["GL-Dead-Reason"]
                   for letter in await dead_letters(a.bus.link.bus))  # fmt: skip


async def test_a_handler_that_hangs_ends_with_the_time_of_its_question_and_others_have_its_place(nats_server):
    one_place = AgentSettings(heartbeat_seconds=0.5, offline_seconds=2.0, concurrency=1)
    async with agents(nats_server.url, "A") as (a,), agents(nats_server.url, "B", settings=one_place) as (b,):
        heard = hears(b, hold=True, kind=MessageType.REQUEST, action="hang")
        hears(b, {"pong": True}, kind=MessageType.REQUEST, action="ping")
        with pytest.raises((NoResponseError, AgentError)):
            await a.request("B", "hang", timeout_seconds=1.0)
        assert len(heard.messages) == 1
        assert await a.request("B", "ping", timeout_seconds=10) == {"pong": True}


async def test_a_question_can_be_withdrawn_before_it_is_read(nats_server):
    async with agents(nats_server.url, "A") as (a,):
        message = a.message("GL-002", MessageType.REQUEST, {"action": "x"}, requires_response=True)
        sent = await a.send_message(message)
        await sent.cancel()
        with pytest.raises(NotRunningError, match="cancelled"):
            await sent.response()
        gl_002 = agent(nats_server.url, "GL-002")
        heard = hears(gl_002, kind=MessageType.REQUEST, action="x")
        async with gl_002:
            await asyncio.sleep(0.3)
        await gl_002.bus.stop()
        assert not heard.messages


async def test_an_answer_finds_an_asker_that_was_away_when_it_came(nats_server):
    async with agents(nats_server.url, "B") as (b,):
        heard = hears(b, {"late": True}, hold=True, kind=MessageType.REQUEST, action="slow")
        async with agents(nats_server.url, "A") as (a,):
            message = a.message("B", MessageType.REQUEST, {"action": "slow"}, requires_response=True)
            await a.send_message(message)
            await eventually(lambda: heard.messages)
        heard.go.set()
        back = agent(nats_server.url, "A")
        answers = hears(back, kind=MessageType.RESPONSE, action="*")
        async with back:
            await eventually(lambda: answers.messages)
        await back.bus.stop()
        assert answers.messages[0].correlation_id == message.message_id


async def test_a_mailbox_that_is_full_refuses_and_no_other_does(nats_server):
    async with agents(nats_server.url, "A") as (a,):
        bus = a.bus.link.bus
        config = (await bus.api("STREAM.INFO.AGENTS"))["config"]
        await bus.api("STREAM.UPDATE.AGENTS", {**config, "max_msgs_per_subject": 2})
        for number in range(2):
            await a.send_message(note(a, "GL-002", number))
        with pytest.raises(MailRefusedError, match="mail for GL-002 is refused: too much of it waits unread"):
            await a.send_message(note(a, "GL-002", 2))
        await a.send_message(note(a, "GL-002", 2, priority=CRITICAL))
        await a.send_message(note(a, "GL-004", 2))


async def test_a_bus_that_is_killed_costs_no_question(tmp_path):
    async with EmbeddedServer(tmp_path / "store") as server, agents(server.url, "A", "B") as (a, b):
        heard = hears(b, {"ok": True}, hold=True, kind=MessageType.REQUEST, action="x")
        asked = [asyncio.create_task(a.request("B", "x"))]
        await eventually(lambda: heard.messages)
        await server.kill()
        asked += [asyncio.create_task(a.request("B", "x")) for _ in range(10)]
        await asyncio.sleep(0.1)
        await server.start()
        heard.go.set()
        assert await asyncio.wait_for(asyncio.gather(*asked), 30) == [{"ok": True}] * 11
        assert len(heard.messages) == 11


async def test_replicas_of_an_agent_share_its_mail(nats_server):
    async with agents(nats_server.url, "A", "B", "B") as (a, one, two):
        first, second = hears(one), hears(two)
        for number in range(200):
            await a.send_message(note(a, "B", number))
        await eventually(lambda: len(first.messages) + len(second.messages) == 200)
        assert first.messages
        assert second.messages


async def test_topics_are_heard_without_being_an_agent(nats_server):
    async with agents(nats_server.url, "A") as (a,), MessageBus(BusSettings(url=nats_server.url)) as bus:
        heard = {topic: [] for topic in ("GL-002", "role:monitoring", "BROADCAST")}
        ends = [bus.subscribe(topic, messages.append) for topic, messages in heard.items()]
        for topic in heard:
            await bus.publish(note(a, topic))
        await eventually(lambda: all(heard.values()))
        for end in ends:
            end()


async def test_a_topic_given_up_before_it_is_heard_holds_no_message_up(nats_server):
    async with agents(nats_server.url, "A") as (a,), MessageBus(BusSettings(url=nats_server.url)) as bus:
        end = bus.subscribe("GL-002", lambda _: None)
        sending = asyncio.create_task(bus.publish(note(a, "role:monitoring")))
        await asyncio.sleep(0)
        end()
        bus.subscribe("BROADCAST", lambda _: None)
        assert (await asyncio.wait_for(sending, 20)).stream == "NOTICES"


async def test_two_agents_share_the_bus_of_one_program(nats_server):
    async with MessageBus(BusSettings(url=nats_server.url)) as bus:
        a, b = (AgentCoordinator(name, AgentRole.ANALYTICS, bus=bus, settings=SOON) for name in "AB")
        b.register_handler(MessageType.REQUEST, "ping", lambda _: {"pong": True})
        async with a, b:
            assert await a.request("B", "ping") == {"pong": True}


async def test_what_does_not_run_says_so():
    idle = AgentCoordinator("A", AgentRole.ANALYTICS)
    with pytest.raises(NotRunningError, match=r"A does not run: start\(\) it first"):
        await idle.send_message(note(idle, "GL-001"))
    with pytest.raises(NotRunningError, match=r"start\(\) it first"):
        await idle.request("GL-001", "x", durable=False)
    await idle.stop()
