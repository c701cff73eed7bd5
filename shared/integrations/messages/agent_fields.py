"""What the messages of agents have in common: free JSON, times, and limits that hold wherever one is made."""

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, TypeVar, get_args

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr

from integrations.configuration import Checked, ConfigurationError, Fault
from integrations.configuration.conversion import field_types

from .codec import ContentType, DecodeError, decode, nests_deeper
from .errors import MessageError
from .fields import Token
from .json_values import MAX_JSON_BYTES, MAX_NESTING, plain_json

MAX_AGENT_BYTES = 512 * 1024
"""Largest body of a message between agents: half of what nats-server takes unless told otherwise."""
MAX_AGENTS = 1000
"""Agents that one message may name."""
MAX_DEPENDENCIES = 1000
_YEARS = "must be within the years 1 to 9999 in UTC"
BROADCAST = "BROADCAST"
"""Recipient: every agent."""
ROLE_PREFIX = "role:"
"""Recipient `role:<role>`: every agent of a role."""

JsonObject = Annotated[dict[str, Any], Meta(description="free JSON, bounded in depth and size")]
JsonValue = Annotated[Any, Meta(description="any JSON value, bounded in depth and size")]
Time = Annotated[datetime, Meta(description="ISO 8601; without an offset it is UTC")]
Text = Annotated[str, Meta(max_length=4096)]
Agents = Annotated[list[Token], Meta(max_length=MAX_AGENTS)]
Recipient = Annotated[
    str,
    Meta(
        pattern=r"^(role:)?[A-Za-z0-9_-]+\Z",
        max_length=133,
        description="an agent's id, role:<role> for all agents of a role, or BROADCAST for all agents",
    ),
]


Message = TypeVar("Message", bound=msgspec.Struct)


class _Trust(threading.local):
    """Whether this thread is reading a message that msgspec checks."""

    reading = False


_trust = _Trust()


class TooLargeError(MessageError):
    """A message between agents has more bytes than they may have."""


class AgentChecked(Checked, frozen=True):
    """A message of agents: free JSON is made plain and bounded, times get UTC, then every limit holds.

    Raises:
        ConfigurationError: a ValueError that names field, value and limit.
    """

    def __post_init__(self) -> None:
        """Make JSON plain, check all fields, bring times to UTC."""
        if _trust.reading:
            return
        plan = _plan(type(self))
        for name in plan.free:
            force_setattr(self, name, plain_json(getattr(self, name), name))
        try:
            twin = msgspec.convert(self, plan.twin, from_attributes=True)
        except (msgspec.ValidationError, OverflowError):
            super().__post_init__()  # says what is wrong, and mends what only has another type
        else:
            for name in plan.enums:
                force_setattr(self, name, getattr(twin, name))
            if not all(math.isfinite(getattr(self, name)) for name in plan.floats):
                super().__post_init__()
        for name in plan.times:
            time = getattr(self, name)
            if time is not None and time.tzinfo is not UTC:
                force_setattr(self, name, _checked_utc(time, name))


def read_message(body: bytes, cls: type[Message]) -> Message:
    """Read a JSON body as a `cls`, as `decode` would, at a fraction of the cost.

    What msgspec has checked while decoding is not checked once more by the class itself.

    Raises:
        DecodeError: not well-formed, nested too deep, or not what `cls` declares.
    """
    if len(body) > MAX_JSON_BYTES:  # a field alone may be too large
        return decode(body, cls)
    if nests_deeper(body, MAX_NESTING + 1):
        raise DecodeError(f"a field may nest {MAX_NESTING} deep; one goes deeper or brackets do not match")
    plan = _plan(cls)
    _trust.reading = True
    try:
        message: Message = plan.decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not a {cls.__name__} in {ContentType.JSON.value}: {error}") from error
    finally:
        _trust.reading = False
    for name in plan.times:
        time = getattr(message, name)
        if time is not None and time.tzinfo is not UTC:
            force_setattr(message, name, _decoded_utc(time, name))
    return message


def changed(message: Message, **fields: Any) -> Message:
    """Return a copy with other fields that are known to be as declared: nothing is checked again."""
    made: Message = message.__copy__()  # type: ignore[attr-defined]  # every struct has it
    for name, value in fields.items():
        force_setattr(made, name, value)
    return made


def in_utc(time: datetime) -> datetime:
    """Return `time` in UTC; a naive one is taken as UTC, as `datetime.utcnow()` means it.

    Raises:
        ValueError: its offset takes it out of the years that there are.
    """
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{time.isoformat()} {_YEARS}") from None


def _decoded_utc(time: datetime, name: str) -> datetime:
    try:
        return in_utc(time)
    except ValueError as error:
        raise DecodeError(f"{name}: {error}") from None


def _checked_utc(time: datetime, name: str) -> datetime:
    try:
        return in_utc(time)
    except ValueError:
        raise ConfigurationError([Fault("", name, time.isoformat(), _YEARS)]) from None


@dataclass(frozen=True)
class _Plan:
    """What is to be done with the fields of a class.

    `twin` has the same fields and no code of its own: msgspec checks them in it at once, where Checked takes
    one after the other. A message is made, read and answered thousands of times a second.
    """

    twin: Any
    decoder: Any
    free: tuple[str, ...]
    times: tuple[str, ...]
    enums: tuple[str, ...]
    floats: tuple[str, ...]


@cache
def _plan(cls: Any) -> _Plan:
    types = field_types(cls)
    return _Plan(
        msgspec.defstruct(cls.__name__, list(types.items())),
        msgspec.json.Decoder(cls),
        tuple(name for name, kind in types.items() if kind in (JsonObject, JsonValue)),
        tuple(name for name, kind in types.items() if kind == Time or Time in get_args(kind)),
        tuple(name for name, kind in types.items() if isinstance(kind, type) and issubclass(kind, Enum)),
        tuple(name for name, kind in types.items() if float in get_args(kind)),
    )
