"""Answers: how they are made, and how an error is told from an answer."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from msgspec import structs

from integrations.coordination.errors import AgentError, CoordinationError
from integrations.messages import (
    AgentMessage,
    MessageError,
    MessagePriority,
    MessageType,
    changed,
    plain_json,
)
from integrations.messages.fields import SCHEMA_VERSION

from .wording import new_id, write_agent

MAX_REASON = 1000
UNKNOWN = "unknown"
"""Recipient of an answer to nobody knows whom."""


class ErrorCode(StrEnum):
    """Why there is no answer; `payload["error"]["code"]` of a response."""

    HANDLER_FAILED = "handler_failed"
    NO_HANDLER = "no_handler"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    EXPIRED = "expired"
    MISROUTED = "misrouted"
    UNKNOWN_RECIPIENT = "unknown_recipient"
    NOTHING_ASKED = "nothing_asked"
    BUSY = "busy"
    WRONG_SENDER = "wrong_sender"


class RefusedError(CoordinationError):
    """A message will not be worked on, now or later; `is_dead` when it belongs to the dead letters."""

    def __init__(self, code: StrEnum, reason: str, *, is_dead: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.is_dead = is_dead


def response_to(message: AgentMessage, sender_id: str, payload: dict[str, Any]) -> AgentMessage:
    """Return the answer to `message`, as urgent as that was."""
    return changed(
        message,
        message_id=new_id(),
        sender_id=sender_id,
        recipient_id=message.sender_id,
        message_type=MessageType.RESPONSE,
        timestamp=datetime.now(UTC),
        payload=plain_json(payload, "payload"),
        requires_response=False,
        correlation_id=message.message_id,
        retry_count=0,
        schema=SCHEMA_VERSION,
    )


def sendable(response: AgentMessage) -> bytes:
    """Return the body of an answer, or of one that says that it cannot be sent."""
    try:
        return write_agent(response)
    except MessageError as error:
        told = failure(ErrorCode.HANDLER_FAILED, f"the answer cannot be sent: {error}")
        return write_agent(structs.replace(response, payload=told))


def unreadable(agent_id: str, sender: tuple[str, str] | None, code: ErrorCode, reason: str) -> AgentMessage:
    """Return the answer to what cannot be read; `sender` is whom it may be from, and the message's id."""
    sender_id, message_id = sender or (UNKNOWN, None)
    return AgentMessage(
        message_id=new_id(),
        sender_id=agent_id,
        recipient_id=sender_id,
        message_type=MessageType.RESPONSE,
        priority=MessagePriority.NORMAL,
        timestamp=datetime.now(UTC),
        payload=failure(code, reason),
        correlation_id=message_id,
    )


def failure(code: StrEnum, reason: str) -> dict[str, Any]:
    """Return the payload of an answer that is an error."""
    return {"error": {"code": code.value, "reason": " ".join(reason.split())[:MAX_REASON]}}


def error_in(response: AgentMessage) -> AgentError | None:
    """Return the error that a response tells of, if it does."""
    error = response.payload.get("error")
    if not isinstance(error, dict) or "code" not in error:
        return None
    return AgentError(response.sender_id, str(error["code"]), str(error.get("reason", "")))
