"""NATS protocol commands as bytes, built for many messages at a time."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from .errors import BusError

_SUBJECT = re.compile(r"[^\s.*>]+(\.[^\s.*>]+)*")
_NAME = re.compile(r"[!-9;-~]+")
_VERSION = "NATS/1.0"
_LINE_BREAKS = str.maketrans({"\r": " ", "\n": " "})


class NotSendableError(BusError, ValueError):
    """A subject or header name that the protocol cannot carry."""


def publish_command(subject: str, reply: str, headers: bytes, payload: bytes) -> bytes:
    """HPUB (with a header block) or PUB of one message; `subject` has been checked."""
    if not headers:
        return b"PUB %b %b %d\r\n%b\r\n" % (subject.encode(), reply.encode(), len(payload), payload)
    total = len(headers) + len(payload)
    return b"HPUB %b %b %d %d\r\n%b%b\r\n" % (
        subject.encode(), reply.encode(), len(headers), total, headers, payload,
    )  # fmt: skip


def header_block(headers: Mapping[str, str]) -> bytes:
    """The header block; line breaks inside values become blanks, none at all is empty.

    Raises:
        NotSendableError: a name is empty, or holds blanks, control characters, colons or non-ASCII; a value
            has half of a character (a lone surrogate).
    """
    if not headers:
        return b""
    lines = [_VERSION]
    for name, value in headers.items():
        check_header_name(name)
        line = f"{name}: {value.strip()}"
        lines.append(line.translate(_LINE_BREAKS) if "\r" in line or "\n" in line else line)
    lines.append("\r\n")
    return _as_bytes("\r\n".join(lines))


def read_headers(block: bytes) -> dict[str, str]:
    """Return what a header block says; what the server itself says becomes `Status` and `Description`."""
    first, *lines = block.decode("utf-8", "replace").split("\r\n")
    headers = header_lines(lines)
    if status := first[len(_VERSION) :].strip():
        headers["Status"], _, description = status.partition(" ")
        if description:
            headers["Description"] = description.strip()
    return headers


def header_lines(lines: Iterable[str]) -> dict[str, str]:
    """Return the names and values in lines; what is no header is passed over."""
    fields = (line.partition(":") for line in lines)
    return {name: value.strip() for name, colon, value in fields if colon and name and " " not in name}


@lru_cache(maxsize=256)  # the same few are sent for ever
def check_header_name(name: str) -> None:
    """Check that a header can have this name.

    Raises:
        NotSendableError: it is empty, or holds blanks, control characters, colons or non-ASCII.
    """
    if not _NAME.fullmatch(name):
        raise NotSendableError(f"header name must be printable ASCII without blanks and colons, got {name!r}")


@lru_cache(maxsize=8192)  # the same for ever, too
def check_subject(subject: str) -> None:
    """Check that one can publish to `subject`: anything else could smuggle commands into the protocol.

    Raises:
        NotSendableError: empty tokens, wildcards, white space or half of a character.
    """
    _as_bytes(subject)
    if not _SUBJECT.fullmatch(subject):
        raise NotSendableError(
            f"subject must be tokens with dots between, without blanks and wildcards, got {subject!r}"
        )


def _as_bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotSendableError(f"{text!r} cannot be written as UTF-8") from error
