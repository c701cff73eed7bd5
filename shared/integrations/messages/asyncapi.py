"""The AsyncAPI 3 document: every subject, and from the reader's side what to receive and what to ask.

Source: AsyncAPI Specification 3.0.0.
"""

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from .channel import Channel
from .codec import ContentType
from .fields import SCHEMA_VERSION
from .headers import Header

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_TOKEN = re.compile(r"<(\w+)>")


def schema_file(cls: type[Struct]) -> str:
    """Return the name of a message's schema file."""
    return f"{cls.__name__}.schema.json"


def asyncapi(channels: Iterable[Channel]) -> dict[str, Any]:
    """Return the document as plain values."""
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "GL-003 integrations",
            "version": SCHEMA_VERSION,
            "description": "A steam plant's readings on NATS; JSON unless Content-Type says MessagePack.",
        },
        "defaultContentType": ContentType.JSON.value,
        "channels": {},
        "operations": {},
    }
    for channel in channels:
        if channel.is_reply:
            _ask(document, channel)
        else:
            _receive(document, channel)
    return document


def _receive(document: dict[str, Any], channel: Channel) -> None:
    document["channels"][channel.name] = _channel(channel, channel.message)
    document["operations"][f"receive_{channel.name}"] = {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.summary,
    }


def _ask(document: dict[str, Any], channel: Channel) -> None:
    """Request and reply; the reply goes to the inbox that the request names: a channel without address."""
    reply = f"{channel.name}_reply"
    document["channels"][channel.name] = _channel(channel, channel.request)
    document["channels"][reply] = {"address": None, "messages": _messages(channel, channel.message)}
    document["operations"][f"ask_{channel.name}"] = {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.summary,
        "reply": {"channel": {"$ref": f"#/channels/{reply}"}},
    }


def _channel(channel: Channel, message: type[Struct] | None) -> dict[str, Any]:
    tokens = _TOKEN.findall(channel.subject)
    return {
        "address": _TOKEN.sub(r"{\1}", channel.subject),
        "description": channel.summary,
        "parameters": {token: {"description": "letters, digits, _ and -"} for token in tokens},
        "messages": _messages(channel, message),
    }


def _messages(channel: Channel, message: type[Struct] | None) -> dict[str, Any]:
    if message is None and channel.is_reply:
        return {"Empty": {"summary": "an empty body"}}
    named: dict[str, Any] = {Header.CONTENT_TYPE.value: {"enum": [kind.value for kind in ContentType]}}
    named |= {header.value: {"type": "string"} for header in channel.headers}
    headers = {"type": "object", "properties": named}
    if message is None:
        return {"Original": {"summary": "the body as it came", "headers": headers}}
    payload = {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{schema_file(message)}"}}
    return {message.__name__: {"headers": headers, "payload": payload}}
