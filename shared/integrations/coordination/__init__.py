"""Agents on the bus: messages between them, who is there, tasks, shared state and collaborations."""

from .agent_settings import AgentSettings
from .coordinator import AgentCoordinator
from .directory import Directory, Presence
from .errors import (
    AgentError,
    CoordinationError,
    ExpiredError,
    MailRefusedError,
    NoResponseError,
    NotRunningError,
    NotThereError,
    SenderError,
    UnknownRecipientError,
)
from .known import KNOWN_AGENTS, ORCHESTRATOR_ID
from .link import Link, open_link
from .message_bus import MessageBus
from .sent import Sent

__all__ = [
    "KNOWN_AGENTS",
    "ORCHESTRATOR_ID",
    "AgentCoordinator",
    "AgentError",
    "AgentSettings",
    "CoordinationError",
    "Directory",
    "ExpiredError",
    "Link",
    "MailRefusedError",
    "MessageBus",
    "NoResponseError",
    "NotRunningError",
    "NotThereError",
    "Presence",
    "SenderError",
    "Sent",
    "UnknownRecipientError",
    "open_link",
]
