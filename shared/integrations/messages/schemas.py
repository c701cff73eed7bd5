"""JSON Schemas of all messages and an AsyncAPI 3 document of all subjects, as files: name → text."""

import json
import re
from typing import Any

import msgspec
import yaml

from .catalogue import CHANNELS, Channel
from .codec import ContentType
from .readings import SCHEMA_VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_files() -> dict[str, str]:
    """Return every generated file: its name and its whole text."""
    messages = {
        cls.__name__: cls for channel in CHANNELS for cls in (channel.message, channel.request) if cls
    }
    files = {f"{name}.schema.json": _text(_json_schema(cls)) for name, cls in messages.items()}
    return files | {
        "asyncapi.yaml": yaml.safe_dump(_asyncapi(), sort_keys=False, allow_unicode=True, width=110)
    }


def _json_schema(cls: type[msgspec.Struct]) -> dict[str, Any]:
    schema = msgspec.json.schema(cls)
    return {"$schema": DIALECT, "$id": f"{cls.__name__}.schema.json", "title": cls.__name__, **schema}


def _asyncapi() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "GL-003 integrations",
            "version": SCHEMA_VERSION,
            "description": "A steam plant's readings on NATS; JSON unless Content-Type says MessagePack.",
        },
        "defaultContentType": ContentType.JSON.value,
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {f"receive_{channel.name}": _operation(channel) for channel in CHANNELS},
    }


def _operation(channel: Channel) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.summary,
    }
    if channel.request:
        operation["description"] = f"Ask with {channel.request.__name__}.schema.json on the same subject."
    return operation


def _channel(channel: Channel) -> dict[str, Any]:
    tokens = re.findall(r"<(\w+)>", channel.subject)
    name = channel.message.__name__ if channel.message else "Original"
    return {
        "address": re.sub(r"<(\w+)>", r"{\1}", channel.subject),
        "description": channel.summary,
        "parameters": {token: {"description": "letters, digits, _ and -"} for token in tokens},
        "messages": {name: _message(channel)},
    }


def _message(channel: Channel) -> dict[str, Any]:
    headers = {"Content-Type": {"type": "string", "enum": [kind.value for kind in ContentType]}}
    headers |= {name: {"type": "string"} for name in channel.headers}
    message: dict[str, Any] = {"headers": {"type": "object", "properties": headers}}
    if channel.message:
        message["payload"] = {
            "schemaFormat": f"application/schema+json;version={DIALECT.split('/')[-2]}",
            "schema": {"$ref": f"./{channel.message.__name__}.schema.json"},
        }
    return message


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
