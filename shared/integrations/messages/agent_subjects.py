"""Every subject between agents, built and parsed here and nowhere else; no site is in them."""

from dataclasses import dataclass

from .agents import MessagePriority
from .collaboration import CollaborationStep
from .subjects import SubjectError, check_token

BROADCAST_SUBJECT = "gl.agent.broadcast"
_PRIORITIES = {f"p{priority.value}": priority for priority in MessagePriority}
_AGENT_KINDS = {
    "inbox": ("agent_id", "priority"),
    "ask": ("agent_id",),
    "reply": ("agent_id", "message_id"),
    "heartbeat": ("agent_id",),
}
"""What stands behind `gl.agent`, the kind itself aside: it comes second."""
VOUCHED = ("inbox", "ask", "reply")
"""Kinds that may have the sender behind all that, as steps of collaborations may: the server puts it there,
where agents have accounts."""
NO_AGENTS = ("role", "broadcast")
"""What stands in the place of the agent's id for many."""


@dataclass(frozen=True)
class AgentSubject:
    """A parsed subject: `kind` is inbox, reply, heartbeat, ask, role, broadcast, task or collab."""

    kind: str
    tokens: dict[str, str]

    @property
    def priority(self) -> MessagePriority | None:
        """The priority that the subject names."""
        return _PRIORITIES.get(self.tokens.get("priority", ""))


def check_agent_id(agent_id: str) -> str:
    """Return `agent_id` if an agent may be called that."""
    if agent_id in NO_AGENTS:
        raise SubjectError(f"agent_id must not be {' or '.join(NO_AGENTS)}, got {agent_id!r}")
    return check_token("agent_id", agent_id)


def inbox_subject(agent_id: str, priority: MessagePriority) -> str:
    """Mail for one agent: kept until it is read or its time is over."""
    return f"gl.agent.{check_agent_id(agent_id)}.inbox.p{int(priority)}"


def inboxes_subject(agent_id: str) -> str:
    """Mail of every priority for one agent: a filter, not a subject to publish to."""
    return f"gl.agent.{check_agent_id(agent_id)}.inbox.>"


def vouched_subject(subject: str, sender_id: str = "*") -> str:
    """The same, where the server says who has sent it; from anybody, it is a filter."""
    return f"{subject}.{sender_id}"


def sender_of_subject(subject: str) -> str | None:
    """Return whom the server names as sender of a message between agents; None where it names nobody."""
    match subject.split("."):
        case ["gl", "agent", "broadcast", sender]:
            return sender
        case ["gl", "agent", "role", _, sender]:
            return sender
        case ["gl", "agent", _, "ask", sender]:
            return sender
        case ["gl", "agent", _, "inbox" | "reply", _, sender]:
            return sender
        case ["gl", "collab", _, _, sender]:
            return sender
    return None


def ask_subject(agent_id: str) -> str:
    """Requests to an agent that is there now: answered at once or not at all (core NATS)."""
    return f"gl.agent.{check_agent_id(agent_id)}.ask"


def reply_subject(agent_id: str, message_id: str) -> str:
    """The answer to mail that an agent has sent (core NATS)."""
    return f"gl.agent.{check_agent_id(agent_id)}.reply.{check_token('message_id', message_id)}"


def replies_subject(agent_id: str) -> str:
    """All answers to an agent's mail: a filter, not a subject to publish to."""
    return f"gl.agent.{check_agent_id(agent_id)}.reply.>"


def heartbeat_subject(agent_id: str) -> str:
    """Signs of life (core NATS)."""
    return f"gl.agent.{check_agent_id(agent_id)}.heartbeat"


def role_subject(role: str) -> str:
    """Messages to every agent of a role."""
    return f"gl.agent.role.{check_token('role', role)}"


def task_subject(priority: MessagePriority, task_type: str) -> str:
    """Tasks that wait for somebody."""
    return f"gl.task.p{int(priority)}.{check_token('task_type', task_type)}"


def schedule_subject(task_id: str) -> str:
    """A task that the server is to put on its subject later, or again and again."""
    return f"gl.task.schedule.{check_token('task_id', task_id)}"


def deadline_subject(task_id: str) -> str:
    """Where the server is told when the deadline of a task is."""
    return f"gl.task.deadline.{check_token('task_id', task_id)}"


def due_subject(task_id: str) -> str:
    """Where the server says that the deadline of a task has passed."""
    return f"gl.task.due.{check_token('task_id', task_id)}"


def collaboration_subject(step: CollaborationStep, collaboration_id: str) -> str:
    """One step of one collaboration."""
    return f"gl.collab.{check_token('collaboration_id', collaboration_id)}.{step.value}"


def collaborations_subjects(step: CollaborationStep) -> tuple[str, str]:
    """One step of every collaboration, plain and with its sender: filters, not subjects to publish to."""
    subject = f"gl.collab.*.{step.value}"
    return subject, vouched_subject(subject)


def collaboration_subjects(collaboration_id: str) -> str:
    """All steps of one collaboration: a filter, not a subject to publish to."""
    return f"gl.collab.{check_token('collaboration_id', collaboration_id)}.>"


def parse_agent_subject(subject: str) -> AgentSubject:
    """Take a subject between agents apart.

    Raises:
        SubjectError: not one of them, or a token that is not allowed.
    """
    kind, tokens = _split(subject)
    for name, token in tokens.items():
        check_token(name, token)
    if tokens.get("priority", "p1") not in _PRIORITIES:
        raise SubjectError(f"priority must be one of {', '.join(_PRIORITIES)}, got {tokens['priority']!r}")
    if tokens.get("step", CollaborationStep.VOTE) not in list(CollaborationStep):
        raise SubjectError(f"step must be one of {', '.join(CollaborationStep)}, got {tokens['step']!r}")
    return AgentSubject(kind, tokens)


def _sender(rest: list[str]) -> dict[str, str]:
    return {"sender": rest[0]} if rest else {}


def _split(subject: str) -> tuple[str, dict[str, str]]:
    match subject.split("."):
        case ["gl", "agent", "broadcast", *rest] if len(rest) <= 1:
            return "broadcast", _sender(rest)
        case ["gl", "agent", "role", role, *rest] if len(rest) <= 1:
            return "role", {"role": role, **_sender(rest)}
        case ["gl", "agent", agent_id, kind, *rest] if kind in _AGENT_KINDS:
            names = _AGENT_KINDS[kind]
            given, more = rest[: len(names) - 1], rest[len(names) - 1 :]
            if len(given) + 1 == len(names) and len(more) <= (kind in VOUCHED):
                tokens = dict(zip(names, (check_agent_id(agent_id), *given), strict=True))
                return kind, tokens | _sender(more)
        case ["gl", "task", priority, task_type]:
            return "task", {"priority": priority, "task_type": task_type}
        case ["gl", "collab", collaboration_id, step, *rest] if len(rest) <= 1:
            return "collab", {"step": step, "collaboration_id": collaboration_id, **_sender(rest)}
    raise SubjectError(f"subject must be one of gl.agent, gl.task or gl.collab, got {subject!r}")
