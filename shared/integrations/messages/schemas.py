"""JSON Schemas of all messages and an AsyncAPI 3 document of all subjects, as files: name → text."""

import json
from typing import Any

import msgspec
import yaml

from .analyzer import ANALYZER_ACTIONS
from .asyncapi import DIALECT, asyncapi, schema_file
from .catalogue import CHANNELS

ACTIONS_FILE = "gl003-actions.json"


def schema_files() -> dict[str, str]:
    """Return every generated file: its name and its whole text."""
    messages = {cls for channel in CHANNELS for cls in (channel.message, channel.request) if cls}
    files = {schema_file(cls): _json_schema(cls) for cls in sorted(messages, key=lambda cls: cls.__name__)}
    document = yaml.safe_dump(asyncapi(CHANNELS), sort_keys=False, allow_unicode=True, width=110)
    return files | {ACTIONS_FILE: _actions(), "asyncapi.yaml": document}


def _actions() -> str:
    """Return what GL-003 can be asked: each action with the schemas of its payloads."""
    types = [one for _, _, request, response in ANALYZER_ACTIONS for one in (request, response)]
    references, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    pairs = zip(ANALYZER_ACTIONS, references[::2], references[1::2], strict=True)
    actions = {
        name: {"summary": summary, "request": request, "response": response}
        for (name, summary, _, _), request, response in pairs
    }
    document = {
        "$schema": DIALECT,
        "$id": ACTIONS_FILE,
        "title": "What GL-003 can be asked: payloads of requests and responses by action",
        "actions": actions,
        "$defs": dict(sorted(definitions.items())),
    }
    return _text(document)


def _json_schema(cls: type[msgspec.Struct]) -> str:
    schema = {"$schema": DIALECT, "$id": schema_file(cls), "title": cls.__name__, **msgspec.json.schema(cls)}
    return _text(schema)


def _text(document: dict[str, Any]) -> str:
    # JSON Schema's patterns are ECMAScript's, whose $ is Python's \Z.
    return json.dumps(document, indent=2, ensure_ascii=False).replace(r"\\Z", "$") + "\n"
