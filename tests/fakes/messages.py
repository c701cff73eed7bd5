"""Messages of every type: one plain example of the readings, and strategies for all that travels."""

import math
from datetime import datetime

from hypothesis import strategies as st
from msgspec import UNSET

from integrations.messages import (
    AgentCapability,
    AgentHeartbeat,
    AgentList,
    AgentMessage,
    AgentProfile,
    AgentTask,
    CircuitReset,
    CleanBatch,
    CollaborationAnswer,
    CollaborationInvitation,
    CollaborationProposal,
    CollaborationResult,
    CollaborationVote,
    DeviceHealth,
    DeviceReading,
    DeviceRequest,
    Event,
    Health,
    Metrics,
    Origin,
    RawBatch,
    RawColumn,
    ReadReply,
    StateEntry,
    TaskAnswer,
    TaskCancellation,
    TaskList,
    TaskRecord,
    TasksRequest,
    TaskStep,
    WorkerSign,
    WriteReply,
    WriteRequest,
)


def raw_batch(**fields):
    column = RawColumn("a-flow", "flow_rate", "t/hr", [1], [2.5], [0])
    return RawBatch(**{
        "site": "p", "device_class": "steam_meter", "source": "a", "sequence": 0, "epoch": 0,
        "origin": Origin.MEASURED, "columns": [column], **fields,
    })  # fmt: skip


def clean_fields():
    return {
        "site": "p", "device_class": "steam_meter", "source": "a", "sensor_id": "a-flow",
        "quantity": "flow_rate", "unit": "t/hr", "raw_unit": "t/hr", "origin": "measured", "raw_sequence": 1,
        "time": [1], "value": [1.0], "raw_value": [1.0], "status": [0], "quality": [100.0], "qartod": [1],
        "flags": [0],
    }  # fmt: skip


# Constrained types as strategies: a schema's own strings and numbers, not what Python could hold.
tokens = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
labels = st.text(st.characters(codec="utf-8"), max_size=10)
int64 = st.integers(0, 2**63 - 1)
statuses = st.integers(0, 2**32 - 1)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
versions = st.just("1.0") | st.from_regex(r"1\.[0-9]{1,3}", fullmatch=True)
plain = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | labels
plain_values = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | numbers.filter(lambda n: n is not None) | labels
)
finite = plain.filter(lambda value: not isinstance(value, float) or math.isfinite(value))


def columns_of(strategy, size):
    return st.lists(strategy, min_size=size, max_size=size)


@st.composite
def raw_columns(draw):
    size = draw(st.integers(0, 4))
    return RawColumn(
        draw(tokens),
        draw(labels),
        draw(labels),
        draw(columns_of(int64, size)),
        draw(columns_of(numbers, size)),
        draw(columns_of(statuses, size)),
    )


@st.composite
def clean_batches(draw):
    size = draw(st.integers(0, 4))
    return CleanBatch(
        schema=draw(versions),
        **{name: draw(tokens) for name in ("site", "device_class", "source", "sensor_id")},
        **{name: draw(labels) for name in ("quantity", "unit", "raw_unit")},
        origin=draw(st.sampled_from(Origin)),
        raw_sequence=draw(int64),
        time=draw(columns_of(int64, size)),
        value=draw(columns_of(numbers, size)),
        raw_value=draw(columns_of(numbers, size)),
        status=draw(columns_of(statuses, size)),
        quality=draw(columns_of(st.floats(0, 100), size)),
        qartod=draw(columns_of(st.sampled_from([1, 2, 3, 4, 9]), size)),
        flags=draw(columns_of(st.integers(0, 2**14 - 1), size)),
        uncertainty=draw(st.just(UNSET) | columns_of(numbers, size)),
    )


def built(cls, **fields):
    """Let hypothesis find the fields that need no care by their types."""
    return st.builds(cls, schema=versions, **fields)


device_health = st.builds(
    DeviceHealth,
    device_id=tokens,
    address=labels,
    state=labels,
    last_sample=st.none() | int64,
    last_error=st.none() | labels,
    response_time_ms=numbers,
)
device_readings = st.builds(
    DeviceReading,
    device_id=tokens,
    time=st.none() | int64,
    columns=st.lists(raw_columns(), max_size=2),
    error=st.none() | labels,
)
names = {"site": tokens, "service": tokens, "instance": tokens}
facts = st.dictionaries(labels, finite, max_size=3)
datetimes = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001  # naive, as users have them
payloads = st.dictionaries(labels, finite | st.lists(finite, max_size=2) | facts, max_size=3)
percents = st.floats(0, 100)
loads = {"performance_score": percents, "current_load": percents, "max_load": st.floats(1, 100)}
step = {"collaboration_id": tokens, "agent_id": tokens, "timestamp": datetimes}
capabilities = st.builds(
    AgentCapability,
    capability_name=tokens,
    description=labels,
    parameters=payloads,
    performance_metrics=payloads,
    max_concurrent_tasks=st.integers(1, 100),
)
profiles = built(
    AgentProfile,
    agent_id=tokens,
    capabilities=st.lists(capabilities, max_size=2),
    last_heartbeat=st.none() | datetimes,
    **dict.fromkeys(("status", "location", "version"), labels),
    **loads,
)
MESSAGES = {
    RawBatch: built(
        RawBatch,
        site=tokens,
        device_class=tokens,
        source=tokens,
        sequence=int64,
        epoch=int64,
        columns=st.lists(raw_columns(), max_size=3),
    ),
    CleanBatch: clean_batches(),
    Event: built(Event, **names, subject_id=tokens, kind=tokens, time=int64, text=labels, facts=facts),
    Health: built(
        Health,
        **names,
        version=labels,
        time=int64,
        uptime_seconds=st.floats(0, 1e9),
        troubles=st.lists(labels, max_size=2),
        devices=st.lists(device_health, max_size=2),
    ),
    Metrics: built(
        Metrics,
        service=tokens,
        instance=tokens,
        time=int64,
        counts=st.dictionaries(labels, st.integers(0, 2**53), max_size=3),
        devices=st.dictionaries(tokens, facts, max_size=2),
        telemetry=st.lists(facts, max_size=2),
    ),
    ReadReply: built(ReadReply, devices=st.lists(device_readings, max_size=2)),
    CircuitReset: built(CircuitReset, devices=st.lists(tokens, max_size=3)),
    WriteRequest: st.builds(
        WriteRequest,
        tag=labels,
        value=plain_values,
        caller=st.text(st.characters(codec="utf-8"), min_size=1, max_size=10),
        device_id=st.none() | tokens,
    ),
    WriteReply: built(
        WriteReply,
        device_id=tokens,
        tag=labels,
        written=st.booleans(),
        reason=labels,
        old=st.none() | plain_values,
        new=st.none() | plain_values,
    ),
    DeviceRequest: st.builds(DeviceRequest, device_id=st.none() | tokens),
    AgentMessage: built(
        AgentMessage,
        message_id=tokens,
        sender_id=tokens,
        recipient_id=tokens | tokens.map("role:{}".format),
        timestamp=datetimes,
        payload=payloads,
        correlation_id=st.none() | tokens,
        ttl=st.integers(1, 3600),
        retry_count=st.integers(0, 10),
        max_retries=st.integers(0, 10),
    ),
    AgentProfile: profiles,
    AgentList: built(AgentList, agents=st.lists(profiles, max_size=2)),
    AgentHeartbeat: built(
        AgentHeartbeat,
        agent_id=tokens,
        timestamp=datetimes,
        status=labels,
        since=st.none() | datetimes,
        **loads,
    ),
    AgentTask: built(
        AgentTask,
        **dict.fromkeys(("task_id", "task_type", "requester_id"), tokens),
        assignee_id=st.none() | tokens,
        created_at=datetimes,
        **{name: st.none() | datetimes for name in ("started_at", "completed_at", "deadline")},
        parameters=payloads,
        result=st.none() | payloads,
        error=st.none() | labels,
        dependencies=st.lists(tokens, max_size=2),
    ),
    TasksRequest: st.builds(TasksRequest, **dict.fromkeys(("task_id", "after"), st.none() | tokens)),
    TaskCancellation: st.builds(TaskCancellation, task_id=tokens, reason=labels),
    TaskAnswer: built(TaskAnswer, task_id=tokens),
    TaskList: built(TaskList, tasks=st.just([]), next_after=st.none() | tokens),
    TaskRecord: built(
        TaskRecord,
        **dict.fromkeys(("task_id", "task_type", "requester_id"), tokens),
        **dict.fromkeys(("assignee_id", "wanted_agent", "worker"), st.none() | tokens),
        created_at=datetimes,
        **{name: st.none() | datetimes for name in ("started_at", "completed_at", "deadline")},
        parameters=payloads,
        result=st.none() | payloads,
        error=st.none() | labels,
        dependencies=st.lists(tokens, max_size=2),
        progress=st.none() | st.floats(0, 1),
        **dict.fromkeys(("attempt", "losses", "max_losses"), int64),
        steps=st.lists(
            st.builds(TaskStep, time=datetimes, agent_id=st.none() | tokens, reason=labels), max_size=2
        ),
    ),
    WorkerSign: built(WorkerSign, agent_id=tokens, task_types=st.lists(tokens, max_size=2)),
    CollaborationInvitation: built(
        CollaborationInvitation,
        **dict.fromkeys(("collaboration_id", "initiator_id", "task_type"), tokens),
        required_agents=st.lists(tokens, min_size=1, max_size=3),
        **dict.fromkeys(("parameters", "objective", "constraints"), payloads),
        created_at=datetimes,
        deadline=datetimes,
    ),
    CollaborationAnswer: built(CollaborationAnswer, **step, reason=labels),
    CollaborationProposal: built(CollaborationProposal, **step, proposal_id=tokens, proposal=payloads),
    CollaborationVote: built(CollaborationVote, **step, proposal_id=tokens, reason=labels),
    CollaborationResult: built(
        CollaborationResult,
        collaboration_id=tokens,
        best_proposal_id=st.none() | tokens,
        best_proposal=payloads,
        scores=st.dictionaries(tokens, st.floats(0, 100), max_size=2),
        **{name: st.lists(tokens, max_size=2) for name in ("accepted", "declined", "silent")},
        reason=labels,
        timestamp=datetimes,
    ),
    StateEntry: built(StateEntry, agent_id=tokens, key=tokens, value=finite, timestamp=datetimes),
}
