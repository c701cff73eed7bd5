"""Logs: one chain for our events and for those of libraries, human in a terminal, JSON otherwise."""

import logging
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Literal, TextIO

import msgspec
import structlog
from opentelemetry import trace

from integrations.configuration import ConfigurationError, Fault
from integrations.runtime.process.exceptions import compact
from integrations.runtime.process.redaction import redact

Form = Literal["human", "json"]
EventDict = MutableMapping[str, Any]

_FORMS: tuple[Form, ...] = ("human", "json")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_OURS = ("integrations", "services", "__main__")


def configure_logging(
    service: str,
    instance: str,
    *,
    stream: TextIO | None = None,
    level: str | None = None,
    form: Form | None = None,
) -> None:
    """Send structlog and stdlib logging to `stream` (stderr by default; nowhere where that is closed).

    `level` and `form` default to the environment's LOG_LEVEL and LOG_FORMAT, then to INFO and to human in a
    terminal, JSON elsewhere. Libraries speak one level quieter than we do.

    Raises:
        ConfigurationError: LOG_LEVEL or LOG_FORMAT is not one of those known.
    """
    stream = stream or sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 # kept open
    terminal = stream.isatty()
    number, form = _settings(level, form, "human" if terminal else "json")
    colours = terminal and not os.environ.get("NO_COLOR")
    chain = _chain(service, instance)
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form, colours)],
        )
    )
    logging.basicConfig(handlers=[handler], level=number + 10, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(number)


def _settings(level: str | None, form: str | None, default_form: Form) -> tuple[int, Form]:
    level = (level or os.environ.get("LOG_LEVEL") or "INFO").upper()
    form = (form or os.environ.get("LOG_FORMAT") or default_form).lower()
    faults = []
    if level not in _LEVELS:
        faults.append(Fault("environment", "LOG_LEVEL", level, f"must be one of {', '.join(_LEVELS)}"))
    if form not in _FORMS:
        faults.append(Fault("environment", "LOG_FORMAT", form, f"must be one of {', '.join(_FORMS)}"))
    if faults:
        raise ConfigurationError(faults)
    return logging.getLevelNamesMapping()[level], "human" if form == "human" else "json"


def _chain(service: str, instance: str) -> list[structlog.typing.Processor]:
    def add_identity(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {"service": service, "instance": instance, **event}

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_identity,
        _add_span,
        _render_exception,
        redact,
    ]


def _add_span(_logger: Any, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _render_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if isinstance(info, tuple):
        error = info[1]
    else:
        error = info if isinstance(info, BaseException) or not info else sys.exc_info()[1]
    if error is not None and error is not False:
        event["exception"] = compact(error)
    return event


def _renderer(form: Form, colours: bool) -> structlog.typing.Processor:
    if form == "human":
        return structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0)
    return structlog.processors.JSONRenderer(serializer=_json)


def _json(event: EventDict, **_options: Any) -> str:
    """Write one line; msgspec and not json, because a NaN has to become null to stay JSON."""
    return msgspec.json.encode(event, enc_hook=repr).decode()
