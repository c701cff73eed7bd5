"""An agent's messages, written: those that only say something else than an earlier one are copied from it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.messages import AgentMessage, MessagePriority, MessageType, changed, plain_json

from .wording import new_id

KEPT = 1000


class Drafts:
    """Checks everything of a message once for each kind; id, time and payload are new each time."""

    def __init__(self, agent_id: str) -> None:
        self._agent_id = agent_id
        self._drafts: dict[Any, AgentMessage] = {}

    def write(
        self,
        recipient_id: str,
        message_type: MessageType,
        priority: MessagePriority,
        payload: dict[str, Any],
        more: Mapping[str, Any],
    ) -> AgentMessage:
        """Return a message; `more` are its other fields.

        Raises:
            ConfigurationError: something is not as declared; the text names it.
        """
        kind = (recipient_id, message_type, priority, *more.items())
        try:
            draft = self._drafts.get(kind) if "correlation_id" not in more else None
        except TypeError:  # a field that cannot be hashed is one that is not allowed
            draft = None
        if draft is not None:
            return changed(
                draft,
                message_id=new_id(),
                timestamp=datetime.now(UTC),
                payload=plain_json(payload, "payload"),
            )
        message = AgentMessage(
            message_id=new_id(),
            sender_id=self._agent_id,
            recipient_id=recipient_id,
            message_type=message_type,
            priority=priority,
            timestamp=datetime.now(UTC),
            payload=payload,
            **more,
        )
        if len(self._drafts) >= KEPT:
            self._drafts.clear()
        self._drafts[kind] = message
        return message
