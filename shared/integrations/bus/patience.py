"""Requests repeated for as long as JetStream is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from integrations.resilience import Backoff

from .errors import JetStreamError, JetStreamUnavailableError

log = structlog.get_logger(__name__)

_PATIENCE = Backoff(0.1, max_seconds=2.0)

Result = TypeVar("Result")


async def patiently(ask: Callable[[], Awaitable[Result]]) -> Result:
    """Return what `ask()` does; while JetStream is away or its streams are gone, ask again."""
    attempt = 0
    while True:
        try:
            return await ask()
        except (JetStreamError, JetStreamUnavailableError) as error:
            if not attempt:
                log.warning("waiting for JetStream", reason=str(error))
            await asyncio.sleep(_PATIENCE.ceiling(attempt))
            attempt += 1
