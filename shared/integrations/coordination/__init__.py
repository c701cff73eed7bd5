"""Agents on the bus: messages between them, who is there, tasks, shared state and collaborations."""

from .agent.coordinator import AgentCoordinator
from .agent.settings import AgentSettings
from .collaboration import CollaborationError, StepRefusedError, TermsError
from .collaboration.optimizer import CollaborativeOptimizer
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
from .link import Link, open_link
from .message_bus import MessageBus
from .presence.directory import Directory, Presence
from .presence.known import KNOWN_AGENTS, ORCHESTRATOR_ID
from .sending.sent import Sent
from .state import StateConflictError, StateError, StateKeyError, StateManager

__all__ = [
    "KNOWN_AGENTS",
    "ORCHESTRATOR_ID",
    "AgentCoordinator",
    "AgentError",
    "AgentSettings",
    "CollaborationError",
    "CollaborativeOptimizer",
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
    "StateConflictError",
    "StateError",
    "StateKeyError",
    "StateManager",
    "StepRefusedError",
    "TermsError",
    "UnknownRecipientError",
    "open_link",
]
