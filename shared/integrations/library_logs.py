"""Logs of the library in somebody else's program: through Python's logging, as any library's."""

import structlog


def use_standard_logging() -> None:
    """Send events to `logging.getLogger("integrations…")`, unless the program has set up structlog itself.

    So warnings are on stderr, and whoever wants more or less of them says so to `logging`.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
