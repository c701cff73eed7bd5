"""What agents send each other: messages, tasks, collaborations, state, and who they are."""

import json
from typing import Any

import msgspec

from fuzz.mutation import mutated_json
from fuzz.target import Target
from integrations.bus import Received
from integrations.coordination.collaboration.record import Record
from integrations.coordination.collaboration.wire import result_of
from integrations.coordination.letters.wording import is_expired, read_agent, seconds_left, sender_of
from integrations.coordination.mailbox.mailbox import _urgency
from integrations.coordination.state.store import read_entry
from integrations.coordination.tasks.agents import Agents
from integrations.coordination.tasks.intake import FIRED_BY, _timers, admitted
from integrations.coordination.tasks.roster import Roster
from integrations.messages import HistoryRequest, MessageError, encode
from integrations.runtime.coordination.gl003.answers import REQUESTS, arguments
from integrations.runtime.coordination.gl003.directory import doing_of
from integrations.runtime.coordination.gl003.errors import NoAnswerError
from integrations.runtime.coordination.gl003.history import _read_cursor
from integrations.runtime.coordination.gl003.moments import moment_ns
from integrations.runtime.discovery import read_answer

NOW_NS = 1_800_000_000_000_000_000
TIME = "2026-11-30T12:00:00Z"
MESSAGE = {
    "message_id": "m1", "sender_id": "GL-001", "recipient_id": "GL-003", "message_type": "request",
    "priority": 2, "timestamp": TIME, "payload": {"action": "read", "values": [1, {"a": None}]},
    "requires_response": True, "correlation_id": "m0", "ttl": 60, "retry_count": 1, "max_retries": 2,
}  # fmt: skip
TASK = {
    "task_id": "t1", "task_type": "report", "requester_id": "GL-001", "assignee_id": "GL-002", "priority": 2,
    "status": "pending", "created_at": TIME, "deadline": "2027-11-30T12:00:00Z", "parameters": {"a": [1]},
    "dependencies": ["t0"],
}  # fmt: skip
INVITATION = {
    "collaboration_id": "c", "initiator_id": "GL-001", "task_type": "steam",
    "required_agents": ["GL-002", "GL-003"], "parameters": {"target_pressure": 10}, "voting": True,
    "created_at": TIME, "deadline": "2026-11-30T12:01:00Z",
    "objective": {"objectives": [{"metric": "efficiency", "goal": "maximize", "weight": 2}]},
    "constraints": {"pressure": {"min": 8, "max": 12}, "max_fuel": 3},
}  # fmt: skip
STEPS = [
    ["invitation", INVITATION],
    ["answer", {"collaboration_id": "c", "agent_id": "GL-003", "accepted": True, "timestamp": TIME}],
    *(
        ["proposal", {
            "collaboration_id": "c", "agent_id": agent, "proposal_id": f"p{agent}", "timestamp": TIME,
            "proposal": {"efficiency": 0.9, "pressure": 10, "fuel": 2},
        }]
        for agent in ("GL-002", "GL-003")
    ),
    ["vote", {
        "collaboration_id": "c", "agent_id": "GL-002", "proposal_id": "pGL-003", "approve": True,
        "timestamp": TIME,
    }],
]  # fmt: skip
ENTRY = {"agent_id": "GL-001", "key": "a.b", "value": {"x": [1, 2]}, "timestamp": TIME, "shared": True}
CAPABILITY = {
    "capability_name": "report",
    "description": "d",
    "parameters": {},
    "performance_metrics": {"a": 1},
}
PROFILE = {
    "agent_id": "GL-002", "role": "analytics", "capabilities": [CAPABILITY], "status": "online",
    "last_heartbeat": TIME, "performance_score": 90.0, "current_load": 1.0, "max_load": 10.0,
}  # fmt: skip
BEAT = {"agent_id": "GL-002", "timestamp": TIME, "since": TIME, "current_load": 2.0, "max_load": 10.0}
SIGN = {"agent_id": "GL-002", "life": "l", "task_types": ["report"], "timestamp": TIME}
ASKED = [
    ["latest_readings", {"sensors": ["a"], "device_class": "scada", "limit": 10, "after": "a"}],
    ["sensor_history", {"sensor_id": "a", "begin": TIME, "end": NOW_NS, "limit": 5, "cursor": "12-3"}],
    ["subscribe_readings", {"sensors": ["a"], "notify": True, "every_seconds": 5, "lasts_seconds": 60}],
    ["read_device", {"device_id": "a"}],
    ["write_tag", {"tag": "T", "value": 1.5}],
]
INFO = {
    "name": "scada", "id": "x", "version": "1.0.0", "metadata": {"site": "p", "instance": "i"},
    "endpoints": [{"name": name, "subject": f"gl.p.svc.scada.i.{name}"} for name in ("health", "read")],
}  # fmt: skip


def _received(subject: str, data: bytes, headers: dict[str, str] | None = None) -> Received:
    return Received(subject, headers or {}, data, f"$JS.ACK.S.c.1.2.3.{NOW_NS}.0", 0)


def _message(data: bytes) -> object:
    sender_of(data)
    _urgency(_received("gl.agent.broadcast", data))
    message = read_agent(data)
    encode(message)
    return seconds_left(message), is_expired(message)


def _task(data: bytes) -> object:
    made = [
        admitted(_received("gl.task.p1.report", data, headers))
        for headers in ({}, {FIRED_BY: "x", "Nats-Schedule-Next": "2027-01-01T00:00:00Z"})
    ]
    return encode(made[0].task), _timers(made)


def _collaboration(data: bytes) -> object:
    """A list of steps and what they say."""
    try:
        steps: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    record = Record("c")
    for at, step in enumerate(steps if isinstance(steps, list) else []):
        if isinstance(step, list) and len(step) == 2:
            kind = str(step[0]).replace(".", "")
            record.take(f"gl.collab.c.{kind}", json.dumps(step[1]).encode(), {}, NOW_NS + at, at + 1)
    if record.machine is None:
        return None
    record.machine.pass_time(record.machine.terms.ends_ns)
    return encode(result_of(record.machine, record.machine.decision()))


def _entry(data: bytes) -> object:
    return read_entry("$KV.gl_state.GL-001.a.b", data, {})


def _agent(data: bytes) -> object:
    agents = Agents(Roster(), lambda: None)
    for key in ("profile.GL-002", "presence.GL-002", "worker.GL-002.l"):
        agents.take(_received(f"$KV.gl_agents.{key}", data))
    return None


def _asked(data: bytes) -> object:
    """What an agent asks of GL-003: an action and its payload."""
    try:
        asked: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    action, payload = asked if isinstance(asked, list) and len(asked) == 2 else ("", asked)
    if not isinstance(action, str) or action not in REQUESTS or not isinstance(payload, dict):
        return None
    found = arguments(action, payload)
    if isinstance(found, HistoryRequest):
        moments = [moment_ns(name, each) for name in ("begin", "end") if (each := getattr(found, name))]
        return moments, _read_cursor(found.cursor)
    return found


def _device_service(data: bytes) -> object:
    found = read_answer(data)
    return found and doing_of(found, "p")


def _json(*examples: object) -> list[bytes]:
    return [msgspec.json.encode(example) for example in examples]


TABLE = (
    Target("agent_message", _message, (MessageError,), _json(MESSAGE), mutated_json),
    Target("task", _task, (MessageError,), _json(TASK), mutated_json),
    Target("collaboration", _collaboration, (), _json(STEPS), mutated_json),
    Target("state_entry", _entry, (), _json(ENTRY), mutated_json),
    Target("agent", _agent, (), _json(PROFILE, BEAT, SIGN), mutated_json),
    Target("analyzer_request", _asked, (NoAnswerError,), _json(*ASKED), mutated_json),
    Target("device_service", _device_service, (), _json(INFO), mutated_json),
)
