"""`gl003 send`: a message to an agent from the command line, and its answer."""

import asyncio
import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from integrations.bus import Bus, JetStreamError, Publisher, listening
from integrations.cli.connected import EXIT_FINDINGS, on_the_bus, say
from integrations.configuration import ConfigurationError, Fault
from integrations.coordination import CoordinationError, Link, MessageBus
from integrations.coordination.letters.responses import error_in
from integrations.coordination.letters.vouching import forged
from integrations.coordination.letters.wording import read_agent
from integrations.coordination.presence.known import CONSOLE_ID
from integrations.messages import AgentMessage, MessageError, MessagePriority, MessageType, replies_subject
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CRASH

FAILURE_SECONDS = 1.0
"""How long to listen for a refusal when no answer is wanted."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    recipient: str
    action: str
    values: Sequence[str]
    wait: bool
    timeout_seconds: float
    priority: str
    kind: str


def send(config: Path | None, wanted: Wanted) -> int:
    """Send, and print the answer where it is waited for; return the exit code."""

    def asked(_plant: Plant) -> AgentMessage:
        return message_of(wanted)

    async def work(plant: Plant, bus: Bus) -> int:
        try:
            await bus.api("STREAM.INFO.AGENTS")
        except JetStreamError as error:
            say(f"send: nobody has made the streams of agents here yet ({error})")
            return EXIT_CRASH
        async with Publisher(bus) as publisher:
            return await _send(Link(bus, publisher, plant.site), message_of(wanted), wanted)

    return on_the_bus("send", config, work, first=asked)


def message_of(wanted: Wanted) -> AgentMessage:
    """Return the message that is meant.

    Raises:
        ConfigurationError: something about it is not allowed; the text names it.
    """
    return AgentMessage(
        message_id=uuid.uuid4().hex,
        sender_id=CONSOLE_ID,
        recipient_id=wanted.recipient,
        message_type=_member(MessageType, "--type", wanted.kind),
        priority=_member(MessagePriority, "--priority", wanted.priority),
        timestamp=datetime.now(UTC),
        payload={**_values(wanted.values), "action": wanted.action},
        requires_response=wanted.wait,
        ttl=max(1, round(wanted.timeout_seconds)),
    )


async def _send(link: Link, message: AgentMessage, wanted: Wanted) -> int:
    answers: asyncio.Queue[AgentMessage] = asyncio.Queue()

    def on_answer(subject: str, _headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(MessageError):
            answer = read_agent(body)
            if answer.correlation_id == message.message_id and not forged(answer.sender_id, subject):
                answers.put_nowait(answer)

    seconds = wanted.timeout_seconds if wanted.wait else FAILURE_SECONDS
    replies = listening(link.bus, replies_subject(CONSOLE_ID), on_answer)
    async with replies, MessageBus(link=link) as agents:
        try:
            await agents.publish(message)
        except (CoordinationError, MessageError) as error:
            say(f"send: {error}")
            return EXIT_FINDINGS
        try:
            async with asyncio.timeout(seconds):
                answer = await answers.get()
        except TimeoutError:
            if not wanted.wait:
                return EXIT_CLEAN
            say(f"send: no answer from {message.recipient_id} within {seconds:g} s")
            return EXIT_FINDINGS
    if refusal := error_in(answer):
        say(f"send: {refusal}")
        return EXIT_FINDINGS
    print(msgspec.json.format(msgspec.json.encode(answer.payload)).decode())  # noqa: T201  # the outcome
    return EXIT_CLEAN


def _member(members: Any, option: str, text: str) -> Any:
    found = {member.name.lower(): member for member in members}
    if text.lower() not in found:
        raise ConfigurationError([Fault("", option, text, f"must be one of {', '.join(found)}")])
    return found[text.lower()]


def _values(pairs: Sequence[str]) -> dict[str, Any]:
    """Return what `name=value` say: a value is JSON where it is some, else text."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (name and equals):
            raise ConfigurationError([Fault("", "value", pair, "must be name=value")])
        try:
            values[name] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            values[name] = text
    return values
