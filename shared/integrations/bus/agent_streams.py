"""The streams between agents, declared once: mail, notices, tasks, collaborations, and their buckets."""

from typing import Any

from integrations.messages import (
    BROADCAST_SUBJECT,
    AgentRole,
    CollaborationStep,
    MessagePriority,
    collaborations_subjects,
    role_subject,
    vouched_subject,
)

from .streams import StreamSettings, bucket, covers, site_stream

AGENTS = "AGENTS"
NOTICES = "NOTICES"
TASKS = "TASKS"
COLLAB = "COLLAB"
AGENT_BUCKET = "gl_agents"
STATE_BUCKET = "gl_state"
TASK_BUCKET = "gl_tasks"

RETOLD = "$TOLD."
"""Begins the subjects on which the server says once more what it has stored, where agents are guests."""
LONGEST_HOURS = 30 * 24
"""Nothing between agents is kept longer, whatever its sender wrote into Nats-TTL, or did not."""
MAILBOX_MESSAGES = 50_000
"""Unread messages of one priority that one agent may have: an agent that is away fills its own box only."""
MAX_CONSUMERS = 100_000
"""An agent has up to five on its mailbox; nats-server 2.15 lets a stream that says nothing have 1,000."""
STATE_HISTORY = 16
"""Values kept of a key of the shared state."""
_MAIL = ["gl.agent.*.inbox.*", "gl.agent.*.inbox.*.*"]
_TO_MANY = [
    "gl.agent.role.*",
    *(vouched_subject(role_subject(role)) for role in AgentRole),  # a wildcard would take in mail to an agent
    BROADCAST_SUBJECT,
    vouched_subject(BROADCAST_SUBJECT),
]
_OF_TASKS = [
    *(f"gl.task.p{priority.value}.*" for priority in MessagePriority),
    *(f"gl.task.{timer}.*" for timer in ("schedule", "deadline", "due")),
]
_OF_COLLABORATIONS = [subject for step in CollaborationStep for subject in collaborations_subjects(step)]
_NOTICE_HOURS = 24
_MARKER_NS = 60_000_000_000
"""How long a bucket says that the server itself has forgotten a key, so that watchers hear of it."""


def agent_stream_configs(settings: StreamSettings) -> list[dict[str, Any]]:
    """JetStream's configuration of every stream between agents; who works with agents ensures these too.

    Mail is a work queue: what is acknowledged is gone, and what is left is exactly what nobody has read. A
    full mailbox refuses, so that the sender hears it. What many agents read stays until its time is over.
    """
    total = settings.storage_bytes
    declared = [
        {
            **_queue(AGENTS, _MAIL, int(0.03 * total)),
            "discard": "new",
            "max_msgs_per_subject": MAILBOX_MESSAGES,
            "discard_new_per_subject": True,
        },
        {
            **site_stream(NOTICES, _TO_MANY, _NOTICE_HOURS, int(0.005 * total)),
            "allow_msg_ttl": True,
        },
        {
            **_queue(TASKS, _OF_TASKS, int(0.02 * total)),  # scheduling cannot have discard new
            "allow_msg_schedules": True,
            "allow_rollup_hdrs": True,
        },
        site_stream(COLLAB, _OF_COLLABORATIONS, settings.collaboration_max_age_hours, int(0.01 * total)),
        {
            **bucket(AGENT_BUCKET, int(0.005 * total)),
            "allow_msg_ttl": True,
            "subject_delete_marker_ttl": _MARKER_NS,
        },
        bucket(STATE_BUCKET, int(0.01 * total), history=STATE_HISTORY),
        {**bucket(TASK_BUCKET, int(0.02 * total)), "allow_msg_ttl": True},
    ]
    return [
        {**config, "num_replicas": settings.replicas, "max_consumers": MAX_CONSUMERS} for config in declared
    ]


def retold_configs(settings: StreamSettings) -> list[dict[str, Any]]:
    """The same, where agents have accounts of their own.

    nats-server hands on to other accounts what a client of the streams' account publishes, or a stream says
    again; not what has come from an account.
    """
    again = {"src": ">", "dest": f"{RETOLD}>"}
    return [{**config, "republish": again} for config in agent_stream_configs(settings)]


def is_retold(subject: str) -> bool:
    """Tell whether what comes on a subject (wildcards allowed) is stored in a stream between agents."""
    stored = (each for config in agent_stream_configs(StreamSettings()) for each in config["subjects"])
    return any(covers(each, subject) or covers(subject, each) for each in stored)


def _queue(name: str, subjects: list[str], max_bytes: int) -> dict[str, Any]:
    return {
        **site_stream(name, subjects, LONGEST_HOURS, max_bytes),
        "retention": "workqueue",
        "allow_msg_ttl": True,
    }
