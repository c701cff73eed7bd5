"""Agents on the bus: messages between them, who is there, tasks, shared state and collaborations."""

from .agent_settings import AgentSettings
from .collaboration import CollaborationError, StepRefusedError, TermsError
from .collaboration.optimizer import CollaborativeOptimizer
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
