"""No secret reaches a log: not by its key, not inside a URL, not as the text of an error."""

import re
from collections.abc import MutableMapping
from typing import Any

HIDDEN = "***"

_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)|secret|token|seed|credential|authorization|api_?key|private_?key|nkey|jwt",
    re.IGNORECASE,
)
_IN_TEXT = (
    # user info of a URL: with a password up to the last @, which may hold slashes; else up to the path
    (re.compile(r"(?<=://)(?:[^/\s:@]*:[^\s,]*|[^/\s]+)@"), f"{HIDDEN}@"),
    (re.compile(r"\bS[ACNOUX][A-Z2-7]{56}\b"), HIDDEN),  # an nkeys seed
    (re.compile(r"(?i)\b((?:password|passwd|secret|token)\s*[=:]\s*)[^\s,;&]+"), rf"\1{HIDDEN}"),
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide secrets in an event, as a structlog processor; numbers pass, a random seed is no secret."""
    for key, value in event.items():
        event[key] = _clean(key, value)
    return event


def redacted(text: str) -> str:
    """Return `text` without the secrets that can be told by their form."""
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def _clean(key: str, value: Any) -> Any:
    if isinstance(value, str | bytes):
        if _SECRET_KEY.search(key):
            return HIDDEN
        return redacted(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {inner: _clean(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(key, item) for item in value]
    return redacted(one) if isinstance(value, Exception) and (one := str(value)) else value
