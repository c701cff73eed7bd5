"""What browsers, and others in their place, ask of the console."""

import json
from typing import Any

from starlette.requests import Request
from starlette.types import Message, Scope

from fuzz.mutation import mutated_json
from fuzz.target import Target
from integrations.runtime.console.access import COOKIE, Gate
from integrations.runtime.console.asked import NotAskedRightError, range_of, wanted_of
from integrations.runtime.console.config import ConsoleSettings
from integrations.runtime.console.guard import MAX_BODY, Guard
from integrations.runtime.console.login import Login, is_own

from .wire import run

WORD = "0123456789ab"
SETTINGS = ConsoleSettings(token=WORD, operator_token=WORD[::-1], user_header="x-user")
WANTED = '{"service": "scada", "instance": "i", "device_id": "d"}'
ASKED = {
    "query": "begin=1700000000000&end=1700000060000&points=100",
    "sensor": "a-flow",
    "body": WANTED,
    "headers": {
        "authorization": f"Bearer {WORD}",
        "cookie": f"{COOKIE}=viewer.1.2; a=b",
        "origin": "http://localhost:8330",
        "host": "localhost:8330",
        "content-length": "54",
        "x-user": "somebody",
    },
}


async def _answered(scope: Scope, receive: Any, send: Any) -> None:
    """Stands for the application behind the guard."""


async def _nothing(message: Message) -> None:
    """Take what is sent."""


def _scope(asked: dict[str, Any]) -> Scope:
    headers = asked.get("headers")
    pairs = headers.items() if isinstance(headers, dict) else ()
    return {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": str(asked.get("query", "")).encode(errors="replace"),
        "path_params": {"sensor_id": str(asked.get("sensor", ""))},
        "headers": [(str(name).lower().encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
                    for name, value in pairs],
        "client": ("127.0.0.1", 1),
    }  # fmt: skip


def _request(data: bytes) -> object:
    """A request as a document: what it asks, with which body and headers."""
    try:
        asked: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(asked, dict):
        return None
    body = str(asked.get("body", "")).encode(errors="replace")[:MAX_BODY]

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def talk() -> list[object]:
        scope, login = _scope(asked), Login(SETTINGS, Gate(SETTINGS))
        await Guard(_answered)(scope, receive, _nothing)
        found: list[object] = [login.visitor_of(Request(scope, receive)), is_own(Request(scope, receive))]
        found.append((await login.log_in(Request(scope, receive))).status_code)
        for look in (range_of, wanted_of):
            try:
                answer = look(Request(scope, receive))
                found.append(await answer if look is wanted_of else answer)
            except NotAskedRightError as error:
                found.append(str(error))
        return found

    return run(talk())


TABLE = (
    Target(
        "console_request",
        _request,
        (),
        [
            json.dumps(each).encode()
            for each in (ASKED, {**ASKED, "body": json.dumps({"token": WORD}), "headers": {}})
        ],
        mutated_json,
        longest=8192,
    ),
)
