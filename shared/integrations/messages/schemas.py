"""JSON Schemas of all messages and an AsyncAPI 3 document of all subjects, as files: name → text."""

import json

import msgspec
import yaml

from .asyncapi import DIALECT, asyncapi, schema_file
from .catalogue import CHANNELS


def schema_files() -> dict[str, str]:
    """Return every generated file: its name and its whole text."""
    messages = {cls for channel in CHANNELS for cls in (channel.message, channel.request) if cls}
    files = {schema_file(cls): _json_schema(cls) for cls in sorted(messages, key=lambda cls: cls.__name__)}
    document = yaml.safe_dump(asyncapi(CHANNELS), sort_keys=False, allow_unicode=True, width=110)
    return files | {"asyncapi.yaml": document}


def _json_schema(cls: type[msgspec.Struct]) -> str:
    schema = {"$schema": DIALECT, "$id": schema_file(cls), "title": cls.__name__, **msgspec.json.schema(cls)}
    # JSON Schema's patterns are ECMAScript's, whose $ is Python's \Z.
    return json.dumps(schema, indent=2, ensure_ascii=False).replace(r"\\Z", "$") + "\n"
