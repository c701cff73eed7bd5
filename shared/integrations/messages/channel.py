"""A family of subjects and the message on it."""

from dataclasses import dataclass

from msgspec import Struct

from .headers import Header


@dataclass(frozen=True)
class Channel:
    """A family of subjects, `<token>` standing for any token, and the message on it."""

    name: str
    subject: str
    summary: str
    message: type[Struct] | None
    """None where the body is the original's, byte for byte."""
    headers: tuple[Header, ...] = ()
    is_reply: bool = False
    """Whether the message answers a request on the subject."""
    request: type[Struct] | None = None
    """Body of that request; None where it is empty."""
