"""Messages of agents are bounded wherever they are made, and say what is wrong by field and value."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.messages import MESSAGES
from integrations import AgentMessage, AgentProfile, AgentRole, AgentTask, MessagePriority, MessageType
from integrations.messages import (
    AgentSubject,
    CollaborationStep,
    DecodeError,
    SubjectError,
    decode,
    encode,
    parse_agent_subject,
    read_message,
)
from integrations.messages.agent_subjects import (
    ask_subject,
    collaboration_subject,
    heartbeat_subject,
    inbox_subject,
    reply_subject,
    role_subject,
    sender_of_subject,
    task_subject,
    vouched_subject,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAIVE_NOON = NOON.replace(tzinfo=None)


def message(**changed):
    fields = {
        "message_id": "m-1", "sender_id": "GL-003", "recipient_id": "GL-001",
        "message_type": MessageType.REQUEST, "priority": MessagePriority.NORMAL, "timestamp": NOON,
        "payload": {"action": "report"},
    }  # fmt: skip
    return AgentMessage(**fields | changed)


@given(st.one_of(MESSAGES[AgentMessage], MESSAGES[AgentTask], MESSAGES[AgentProfile]))
def test_what_is_written_is_read_back(original):
    assert decode(encode(original), type(original)) == original


def test_a_naive_time_is_utc_and_another_zone_is_brought_there():
    assert message(timestamp=NAIVE_NOON).timestamp == NOON
    there = timezone(timedelta(hours=2))
    assert message(timestamp=NOON.astimezone(there)).timestamp.tzinfo is UTC
    assert b'"timestamp":"2026-01-01T12:00:00Z"' in encode(message(timestamp=NAIVE_NOON))


def test_plain_values_and_members_of_enums_are_both_welcome():
    assert message(message_type="request", priority=3) == message()


def test_a_payload_is_made_plain_and_its_own():
    values = [np.float64(92.5), np.int64(3), np.array([1.0, np.nan]), float("inf"), NOON, AgentRole.ANALYTICS]
    sent = message(payload={"values": values})
    assert sent.payload["values"] == [92.5, 3, [1.0, None], None, "2026-01-01T12:00:00Z", "analytics"]
    values.append("later")
    assert len(sent.payload["values"]) == 6


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sender_id": "GL 003"}, r"sender_id must be matching .* got 'GL 003'"),
        ({"message_id": ""}, "message_id must be"),
        ({"recipient_id": "role:"}, "recipient_id must be"),
        ({"recipient_id": "GL-001\n"}, "recipient_id must be"),
        ({"message_type": "shout"}, "message_type must be one of request, response,.* got 'shout'"),
        ({"priority": 6}, "priority must be one of 1, 2, 3, 4, 5, got 6"),
        ({"ttl": 0}, r"ttl must be 1\.\.2592000, got 0"),
        ({"max_retries": -1}, r"max_retries must be 0\.\.100, got -1"),
        ({"timestamp": "soon"}, "timestamp must be"),
        ({"payload": [1]}, "payload must be a table"),
        ({"payload": {"a": object()}}, r"payload must be what JSON can hold \(no place for object\)"),
        ({"payload": {"a": "x" * 300_000}}, r"payload must have at most 262144 bytes as JSON, got 300008"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(changed, words):
    with pytest.raises(ValueError, match=words):
        message(**changed)


def test_a_payload_that_nests_for_ever_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="must not nest deeper than 16"):
        message(payload={"a": endless})


def test_several_faults_are_told_at_once():
    with pytest.raises(ValueError, match=r"sender_id .*; .*ttl"):
        message(sender_id="", ttl=-1)


def test_what_comes_off_the_wire_is_held_to_the_same():
    with pytest.raises(DecodeError, match="must not nest deeper than 16"):
        decode(encode({**_fields(), "payload": {"a": _nested(20)}}), AgentMessage)
    with pytest.raises(DecodeError, match="ttl"):
        decode(encode({**_fields(), "ttl": 0}), AgentMessage)


def _fields():
    return {name: getattr(message(), name) for name in AgentMessage.__struct_fields__}


def _nested(depth):
    return [_nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("built", "parsed"),
    [
        (inbox_subject("GL-1", MessagePriority.HIGH),
         AgentSubject("inbox", {"agent_id": "GL-1", "priority": "p2"})),
        (ask_subject("GL-1"), AgentSubject("ask", {"agent_id": "GL-1"})),
        (reply_subject("GL-1", "m"), AgentSubject("reply", {"agent_id": "GL-1", "message_id": "m"})),
        (heartbeat_subject("GL-1"), AgentSubject("heartbeat", {"agent_id": "GL-1"})),
        (role_subject("heartbeat"), AgentSubject("role", {"role": "heartbeat"})),
        ("gl.agent.broadcast", AgentSubject("broadcast", {})),
        (task_subject(MessagePriority.LOW, "balance"),
         AgentSubject("task", {"priority": "p4", "task_type": "balance"})),
        (vouched_subject(inbox_subject("GL-1", MessagePriority.HIGH), "GL-2"),
         AgentSubject("inbox", {"agent_id": "GL-1", "priority": "p2", "sender": "GL-2"})),
        (vouched_subject(ask_subject("GL-1"), "GL-2"),
         AgentSubject("ask", {"agent_id": "GL-1", "sender": "GL-2"})),
        (vouched_subject(role_subject("analytics"), "GL-2"),
         AgentSubject("role", {"role": "analytics", "sender": "GL-2"})),
        (vouched_subject(collaboration_subject(CollaborationStep.VOTE, "c"), "GL-2"),
         AgentSubject("collab", {"collaboration_id": "c", "step": "vote", "sender": "GL-2"})),
        (collaboration_subject(CollaborationStep.VOTE, "c"),
         AgentSubject("collab", {"collaboration_id": "c", "step": "vote"})),
    ],
)  # fmt: skip
def test_a_subject_is_parsed_back(built, parsed):
    assert parse_agent_subject(built) == parsed
    assert sender_of_subject(built) == parsed.tokens.get("sender")


@pytest.mark.parametrize(
    "subject",
    ["", "gl.agent", "gl.agent.a", "gl.agent.a.inbox", "gl.agent.a.inbox.p6", "gl.agent.a.inbox.p1.x.y",
     "gl.agent.a.heartbeat.x", "gl.agent.a b.ask", "gl.agent.role.inbox.p1.x", "gl.agent.broadcast.x.y",
     "gl.agent.a.dance", "gl.task.p0.t", "gl.collab.c",
     "gl.collab.c.result.x.y", "gl.collab.c.dance", "gl.p.raw.a.b"],
)  # fmt: skip
def test_another_subject_is_refused(subject):
    with pytest.raises(SubjectError):
        parse_agent_subject(subject)


@given(MESSAGES[AgentMessage])
def test_the_short_way_of_reading_reads_the_same(original):
    assert read_message(encode(original), AgentMessage) == decode(encode(original), AgentMessage)


@pytest.mark.parametrize("changed", [{"ttl": 0}, {"priority": 9}, {"payload": 1}, {"sender_id": "a b"}])
def test_the_short_way_refuses_the_same(changed):
    wrong = encode({**_fields(), **changed})
    for read in (lambda: read_message(wrong, AgentMessage), lambda: decode(wrong, AgentMessage)):
        with pytest.raises(DecodeError, match=next(iter(changed))):
            read()
    with pytest.raises(ValueError, match="ttl"):
        message(ttl=0)


def test_the_short_way_refuses_what_is_too_deep_or_too_large():
    with pytest.raises(DecodeError, match="a field may nest 16 deep"):
        read_message(encode({**_fields(), "payload": {"a": _nested(20)}}), AgentMessage)
    with pytest.raises(DecodeError, match="payload must have at most 262144 bytes"):
        read_message(encode({**_fields(), "payload": {"a": "x" * 300_000}}), AgentMessage)


def test_the_short_way_takes_a_time_without_an_offset_as_utc():
    naive = {**_fields(), "timestamp": "2026-01-01T12:00:00"}
    assert read_message(encode(naive), AgentMessage).timestamp == NOON
