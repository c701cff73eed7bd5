"""Logs of the library in somebody else's program: through Python's logging, as any library's."""

from collections.abc import MutableMapping
from typing import Any

import structlog


def use_standard_logging() -> None:
    """Send events to `logging.getLogger("integrations…")`, unless the program has set up structlog itself.

    So warnings are on stderr, and whoever wants more or less of them says so to `logging`. Tracebacks are
    plain: rich takes a second for one, and shows what was in a message.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            _leave_tracebacks,
            structlog.dev.ConsoleRenderer(
                colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _leave_tracebacks(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave the traceback to logging, which writes it behind the line anyway."""
    if method == "exception":
        event.pop("exc_info", None)
    return event
