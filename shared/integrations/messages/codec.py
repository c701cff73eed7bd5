"""From messages to bytes and back, in the format that `Content-Type` names, within bounds."""

import re
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

import msgspec

from .errors import MessageError

T = TypeVar("T")

MAX_BYTES = 8 * 1024 * 1024
"""Largest message body, in bytes."""
MAX_DEPTH = 32
"""Deepest nesting of lists and maps; our messages need 4."""

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""Strings, an unterminated last one included, or a body of quotes would be scanned again and again."""
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ALL_SQUARE = bytes.maketrans(b"{}", b"[]")


class ContentType(StrEnum):
    """Formats a body may have; the value is the header's."""

    JSON = "application/json"
    MSGPACK = "application/msgpack"


class DecodeError(MessageError):
    """A body cannot be read; the text says why and, where known, at which field."""


class EncodeError(MessageError):
    """A message is too large to be sent, or holds what cannot be written."""


_json_encoder = msgspec.json.Encoder()
_msgpack_encoder = msgspec.msgpack.Encoder()


def encode(message: Any, content_type: ContentType = ContentType.JSON) -> bytes:
    """Write `message`; NaN and infinities become null in JSON.

    Raises:
        EncodeError: the body would be larger than MAX_BYTES, or a value has no place in the format.
    """
    encoder = _json_encoder if content_type is ContentType.JSON else _msgpack_encoder
    try:
        body = encoder.encode(message)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise EncodeError(f"{type(message).__name__} cannot be written: {error}") from error
    if len(body) > MAX_BYTES:
        raise EncodeError(f"a body may have {MAX_BYTES} bytes, {type(message).__name__} has {len(body)}")
    return body


def decode(body: bytes, cls: type[T], content_type: str | None = None) -> T:
    """Read `body` as a `cls`; no content type means JSON, unknown fields are passed over.

    Raises:
        DecodeError: unknown content type, too large, too deep, not well-formed, or not what `cls` declares.
    """
    if len(body) > MAX_BYTES:
        raise DecodeError(f"a body may have {MAX_BYTES} bytes, this one has {len(body)}")
    kind = _content_type(content_type)
    if kind is ContentType.JSON:
        _check_json_depth(body)
    try:
        decoder: msgspec.json.Decoder[T] | msgspec.msgpack.Decoder[T] = _decoder(cls, kind)  # type: ignore[arg-type]  # a class is hashable
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not a {cls.__name__} in {kind.value}: {error}") from error


def _content_type(text: str | None) -> ContentType:
    if text is None:
        return ContentType.JSON
    try:
        return ContentType(text.partition(";")[0].strip().lower())
    except ValueError:
        known = ", ".join(kind.value for kind in ContentType)
        raise DecodeError(f"Content-Type must be one of {known}, got {text!r}") from None


@cache
def _decoder(cls: Any, kind: ContentType) -> Any:
    return msgspec.json.Decoder(cls) if kind is ContentType.JSON else msgspec.msgpack.Decoder(cls)


def _check_json_depth(body: bytes) -> None:
    """Refuse deep nesting before the recursive parser meets it.

    MessagePack needs no such look: declared types bound the depth, and msgspec guards what it passes over.
    """
    if nests_deeper(body, MAX_DEPTH):
        raise DecodeError(
            f"a body may nest {MAX_DEPTH} deep; this one goes deeper or its brackets do not match"
        )


def nests_deeper(body: bytes, depth: int) -> bool:
    """Whether JSON nests deeper than that, or its brackets do not match; few brackets are not looked at."""
    if body.count(b"[") + body.count(b"{") <= depth:
        return False
    return bool(_peeled(body, depth) and _peeled(_STRINGS.sub(b"", body), depth))


def _peeled(body: bytes, depth: int) -> bytes:
    """Return the brackets that are left once `depth` innermost layers are taken off."""
    brackets = body.translate(_ALL_SQUARE, _NOT_BRACKETS)
    for _ in range(depth):
        if not brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return brackets
