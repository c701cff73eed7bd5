"""The consumers of an agent's mailbox: their names, and how they are made for agents that may not do so."""

from collections.abc import Iterable, Iterator

from integrations.bus import AGENTS, NOTICES, Bus, SharedConsumer
from integrations.messages import (
    BROADCAST_SUBJECT,
    AgentRole,
    MessagePriority,
    inbox_subject,
    role_subject,
    vouched_subject,
)

PREFETCH = 32
"""Messages of each priority that are asked for at once."""


def inbox_consumer(agent_id: str, priority: MessagePriority) -> str:
    """Return the name of the consumer of an agent's mail of one priority."""
    return f"inbox-{agent_id}-p{priority.value}"


def notices_consumer(agent_id: str) -> str:
    """Return the name of the consumer of what is for an agent's role or for all."""
    return f"notices-{agent_id}"


def mailbox_consumers(agent_id: str) -> Iterator[tuple[str, str]]:
    """Yield stream and name of every consumer that an agent's mailbox may need."""
    yield NOTICES, notices_consumer(agent_id)
    for priority in MessagePriority:
        yield AGENTS, inbox_consumer(agent_id, priority)


def inbox_reader(bus: Bus, agent_id: str, priority: MessagePriority) -> SharedConsumer:
    """Return a reader of an agent's mail of one priority."""
    name, subject = inbox_consumer(agent_id, priority), inbox_subject(agent_id, priority)
    return SharedConsumer(bus, AGENTS, name, [subject, vouched_subject(subject)], batch=PREFETCH)


def notices_reader(bus: Bus, agent_id: str, role: str) -> SharedConsumer:
    """Return a reader of the notices to an agent of that role, `*` for whatever it is."""
    roles = [role_subject(each) for each in AgentRole if role in {"*", each}]
    subjects = [*roles, BROADCAST_SUBJECT]
    subjects += map(vouched_subject, tuple(subjects))
    return SharedConsumer(bus, NOTICES, notices_consumer(agent_id), subjects, batch=PREFETCH)


async def make_mailboxes(bus: Bus, agent_ids: Iterable[str]) -> None:
    """Make every consumer of these agents' mailboxes, whatever role they will have.

    Needs an operator's rights. Where permissions are enforced, agents may read by these and make none.
    """
    for agent_id in agent_ids:
        await notices_reader(bus, agent_id, "*").make(lasting=True)
        for priority in MessagePriority:
            await inbox_reader(bus, agent_id, priority).make(lasting=True)
