"""The bucket of the shared state: entries put there, by compare-and-set where wanted."""

import uuid
from datetime import UTC, datetime
from typing import Any

import structlog

from integrations.bus import (
    STATE_BUCKET,
    Bus,
    Outgoing,
    Publisher,
    PublishRefusedError,
    last,
    patiently,
)
from integrations.configuration import ConfigurationError
from integrations.messages import Header, MessageError, StateEntry, decode, encode

from .errors import StateConflictError, StateError, StateKeyError

log = structlog.get_logger(__name__)

STREAM = f"KV_{STATE_BUCKET}"
PREFIX = f"$KV.{STATE_BUCKET}."
WRONG_LAST_SEQUENCE = 10071
"""JetStream's number for: something else stands there."""


def entry_of(agent_id: str, key: str, value: Any, shared: bool) -> StateEntry:
    """Return the entry, checked.

    Raises:
        StateKeyError: agent, key or value cannot be; the text says which.
    """
    try:
        return StateEntry(agent_id, key, value, datetime.now(UTC), shared)
    except ConfigurationError as error:
        raise StateKeyError(str(error)) from error


def read_entry(subject: str, data: bytes, headers: dict[str, str]) -> StateEntry | None:
    """Return the entry of a message; None where it is none, or not what its subject says."""
    if Header.KV_OPERATION in headers:
        return None
    try:
        entry = decode(data, StateEntry, headers.get(Header.CONTENT_TYPE))
    except (MessageError, ConfigurationError):
        return None
    return entry if subject == subject_of(entry.agent_id, entry.key) else None


def subject_of(agent_id: str, key: str) -> str:
    """Return where the value of an agent stands."""
    return f"{PREFIX}{agent_id}.{key}"


def place_of(subject: str) -> tuple[str, str] | None:
    """Return agent and key of a subject; None where it names no key."""
    agent_id, dot, key = subject.removeprefix(PREFIX).partition(".")
    return (agent_id, key) if dot else None


class StateStore:
    """Writes entries; returns versions."""

    def __init__(self, bus: Bus, publisher: Publisher) -> None:
        self._bus = bus
        self._publisher = publisher

    async def put(self, entry: StateEntry, expected_version: int | None = None) -> int:
        """Store an entry; with `expected_version` only where that stands there, 0 for nothing.

        Raises:
            StateConflictError: something else stands there.
            StateError: it can never be stored: too large, or forbidden.
        """
        return await self._write(entry.agent_id, entry.key, encode(entry), {}, expected_version)

    async def remove(self, agent_id: str, key: str, expected_version: int | None = None) -> int:
        """Take a value away; errors as `put`."""
        return await self._write(agent_id, key, b"", {Header.KV_OPERATION.value: "DEL"}, expected_version)

    async def _write(
        self, agent_id: str, key: str, data: bytes, headers: dict[str, str], expected: int | None
    ) -> int:
        if expected is not None:
            headers = {**headers, Header.EXPECTED_SEQUENCE.value: str(expected)}
        message = Outgoing(subject_of(agent_id, key), data, headers, f"state-{uuid.uuid4().hex}")
        try:
            (ack,) = await self._publisher.publish_all([message])
        except PublishRefusedError as error:
            refusal = error.refusals[0]
            if refusal.code != WRONG_LAST_SEQUENCE or expected is None:
                raise StateError(f"{key} of {agent_id} cannot be stored: {refusal.reason}") from error
        else:
            return ack.seq
        stored = await patiently(lambda: last(self._bus, STREAM, message.subject))
        if stored is None:
            raise StateConflictError(agent_id, key, expected, 0, None)
        if stored.headers.get(Header.MESSAGE_ID) == message.message_id:
            return stored.sequence  # only the acknowledgement was lost
        entry = read_entry(stored.subject, stored.data, stored.headers)
        if entry is None and not expected:  # nothing is there, but a mark that something was
            return await self._write(agent_id, key, data, headers, stored.sequence)
        version, value = (stored.sequence, entry.value) if entry else (0, None)
        raise StateConflictError(agent_id, key, expected, version, value)
