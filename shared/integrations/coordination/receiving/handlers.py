"""What an agent does with what it is told: functions by type of message and action."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from integrations.coordination.letters.outcome import Later
from integrations.messages import AgentMessage, MessageType

Handler = Callable[[AgentMessage], Awaitable[Any] | Any]
"""Gets the message; what it returns, a mapping or anything that JSON can hold, is the response's payload."""

ANY_ACTION = "*"


class Handlers:
    """The handler of a message is the one for its type and action, else the one for its type."""

    def __init__(self) -> None:
        self._handlers: dict[tuple[MessageType, str], Handler] = {}

    def register(self, message_type: MessageType, action: str, handler: Handler) -> None:
        """Set the handler for a type and an action, ANY_ACTION for all others."""
        self._handlers[MessageType(message_type), action] = handler

    def find(self, message: AgentMessage) -> Handler | None:
        """Return who handles the message."""
        exact = self._handlers.get((message.message_type, action_of(message)))
        return exact or self._handlers.get((message.message_type, ANY_ACTION))

    def actions(self, message_type: MessageType) -> list[str]:
        """Return the actions that are handled for a type."""
        return sorted(action for kind, action in self._handlers if kind is message_type)


def action_of(message: AgentMessage) -> str:
    """Return what a message wants done; empty where it does not say."""
    action = message.payload.get("action", "")
    return action if isinstance(action, str) else ""


def handle(handler: Handler, message: AgentMessage) -> dict[str, Any] | Later[Any]:
    """Call a handler and return the payload of its answer; where it waits, what is to become one."""
    result = handler(message)
    if type(result) is dict:  # most are, and to ask whether they can be awaited costs as much as the rest
        return result
    return Later(result) if inspect.isawaitable(result) else payload_of(result)


def payload_of(result: Any) -> dict[str, Any]:
    """Return what a handler has returned as the payload of an answer."""
    if result is None:
        return {}
    return dict(result) if isinstance(result, Mapping) else {"result": result}
