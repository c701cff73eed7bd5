"""What an agent may do: be itself and nobody else, write to all, and read its own mail."""

from collections.abc import Callable, Iterable

from integrations.bus import (
    AGENT_BUCKET,
    AGENTS,
    CLEAN,
    COLLAB,
    DEAD,
    LATEST_BUCKET,
    NOTICES,
    REPLICA_BUCKET,
    STATE_BUCKET,
    TASK_BUCKET,
    TASKS,
    StreamSettings,
    agent_stream_configs,
)
from integrations.coordination.mailbox.consumers import mailbox_consumers
from integrations.coordination.presence.known import CONSOLE_ID
from integrations.coordination.tasks.dispatch import SCHEDULER_ID
from integrations.coordination.tasks.engine import SCHEDULERS
from integrations.messages import (
    CollaborationStep,
    MessagePriority,
    ask_subject,
    check_token,
    collaborations_subjects,
    heartbeat_subject,
    inboxes_subject,
    replies_subject,
    vouched_subject,
)
from integrations.runtime.coordination.parts import SERVICE as COORDINATION
from integrations.runtime.security.role import (
    Grant,
    consuming,
    finding,
    following,
    looking_up,
    pulling,
    putting,
    serving,
    watching,
)

GL003 = "GL-003"
AGENT_STREAMS = tuple(config["name"] for config in agent_stream_configs(StreamSettings()))
_TO_ALL = ("gl.agent.role.*", "gl.agent.broadcast")
MAIL = ("gl.agent.*.inbox.*", *_TO_ALL)
"""Where messages to agents go."""
STEPS = tuple(plain for plain, _ in map(collaborations_subjects, CollaborationStep))
"""Where steps of collaborations go."""


def agent_grant(site: str, agent_id: str, peers: Iterable[str]) -> Grant:
    """Return what the agent `agent_id` may do; `peers` are the others, whom it may ask."""
    check_token("agent", agent_id)
    return (
        _correspondence(site, agent_id)
        + _talking([*peers, CONSOLE_ID, SCHEDULER_ID], agent_id)
        + _mailboxes(agent_id, pulling)
        + watching(AGENT_BUCKET, ">")
        + putting(AGENT_BUCKET, f"*.{agent_id}")
        + watching(STATE_BUCKET, ">")
        + putting(STATE_BUCKET, f"{agent_id}.>")
        + watching(TASK_BUCKET, "*")
        + putting(TASK_BUCKET, "*")
        + putting(AGENT_BUCKET, f"worker.{agent_id}.*")
        + looking_up(TASKS)
        + looking_up(COLLAB)
        + _looks((*AGENT_STREAMS, DEAD))
    )


def coordination_grant(site: str, streams: Iterable[str]) -> Grant:
    """Return what the coordination service may do: be GL-003, give out tasks, ask devices."""
    grant = (
        serving(site, COORDINATION, (*streams, *AGENT_STREAMS))
        + agent_grant(site, GL003, ())
        + _mailboxes(GL003, consuming)
        + finding()
        + watching(LATEST_BUCKET, f"{site}.>")
        + looking_up(CLEAN, AGENTS)
        + watching(REPLICA_BUCKET, f"{SCHEDULERS}.member.*")
        + putting(REPLICA_BUCKET, f"{SCHEDULERS}.member.*")
        + watching(REPLICA_BUCKET, f"{site}.{COORDINATION}.*.member.*")
        + putting(REPLICA_BUCKET, f"{site}.{COORDINATION}.*.member.*")
        + following(f"KV_{TASK_BUCKET}", f"KV_{AGENT_BUCKET}")
        + consuming(TASKS, "scheduler-due")
        + Grant(publish=("gl.agent.*.ask", "gl.agent.*.reply.*"), subscribe=(replies_subject(SCHEDULER_ID),))
    )
    for priority in MessagePriority:
        grant += consuming(TASKS, f"scheduler-p{priority.value}")
    asked = ("health", "read", "write")
    return grant + Grant(
        publish=(
            *(f"gl.{site}.svc.*.*.{endpoint}" for endpoint in asked),
            f"gl.{site}.dead.{TASKS}",
            f"$JS.API.CONSUMER.INFO.{AGENTS}.*",
            f"$JS.API.STREAM.PURGE.{TASKS}",
            f"$JS.API.STREAM.PURGE.KV_{TASK_BUCKET}",
        )
    )


def _correspondence(site: str, agent_id: str) -> Grant:
    dead = tuple(f"gl.{site}.dead.{stream}" for stream in (AGENTS, NOTICES))
    asked = ask_subject(agent_id)
    served = (asked, vouched_subject(asked), replies_subject(agent_id))
    return Grant(
        publish=(
            *MAIL,
            *STEPS,
            "gl.task.*.*",
            heartbeat_subject(agent_id),
            f"$JS.API.STREAM.MSG.DELETE.{AGENTS}",
            *dead,
        ),
        subscribe=(
            inboxes_subject(agent_id),
            "gl.collab.>",
            *_TO_ALL,
            *map(vouched_subject, _TO_ALL),
            *served,
        ),
        answers=True,
        serves=served,
        signed=(*MAIL, *STEPS),
        signature=agent_id,
    )


def _talking(peers: Iterable[str], agent_id: str) -> Grant:
    """Grant asking others and answering them, by name: all at once would be oneself too, in a circle."""
    others = [peer for peer in peers if peer != agent_id]
    talk = tuple(subject for peer in others for subject in (ask_subject(peer), f"gl.agent.{peer}.reply.*"))
    return Grant(publish=talk, signed=talk)


def _mailboxes(agent_id: str, reading: Callable[[str, str], Grant]) -> Grant:
    grant = Grant()
    for stream, consumer in mailbox_consumers(agent_id):
        grant += reading(stream, consumer)
    return grant


def _looks(streams: Iterable[str]) -> Grant:
    return Grant(
        publish=(
            "$JS.API.STREAM.NAMES",
            "$JS.API.STREAM.LIST",
            *(f"$JS.API.STREAM.INFO.{stream}" for stream in streams),
        )
    )
