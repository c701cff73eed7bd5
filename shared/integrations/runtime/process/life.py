"""The life of a service: start, two kinds of stop, and an exit code that says how it ended."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TextIO

import structlog

from integrations.configuration import ConfigurationError
from integrations.messages import token_from
from integrations.resilience import ended
from integrations.runtime.process.exceptions import leaves, one_line
from integrations.runtime.process.logs import configure_logging
from integrations.runtime.process.redaction import redacted

EXIT_CLEAN = 0
EXIT_CRASH = 1
EXIT_CONFIGURATION = 2
HANGUP = signal.SIGHUP
STOPPING = (signal.SIGINT, signal.SIGTERM, HANGUP)

log = structlog.get_logger(__name__)


class Stop:
    """A request to end, made once; `reason` says by whom."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._scopes: set[asyncio.Timeout] = set()
        self.reason = ""

    def set(self, reason: str) -> None:
        """Ask for the end; only the first reason is kept."""
        if self._event.is_set():
            return
        self.reason = reason
        self._event.set()
        for scope in self._scopes:
            scope.reschedule(0)

    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Return when the end is asked for."""
        await self._event.wait()

    @contextlib.asynccontextmanager
    async def cuts_short(self) -> AsyncIterator[None]:
        """Leave the block when the end is asked for: what it waits for, perhaps for ever, is cancelled."""
        scope = asyncio.timeout(0 if self.is_set() else None)
        self._scopes.add(scope)
        try:
            async with scope:
                yield
        except TimeoutError:
            if not scope.expired():
                raise
        finally:
            self._scopes.discard(scope)


Main = Callable[[Stop], Awaitable[None]]


class NotDrainedError(RuntimeError):
    """The service was asked to stop and had to be cancelled."""


def run_service(
    name: str,
    main: Main,
    *,
    instance: str | None = None,
    log_stream: TextIO | None = None,
    drain_seconds: float = 10.0,
) -> int:
    """Run `main(stop)` to its end, on uvloop where it is installed, and return the exit code.

    SIGINT, SIGTERM or the end of its terminal sets `stop`; `main` then has `drain_seconds` to finish. A
    second signal cancels it at once, a third ends the process. Exit codes: 0 clean; 1 crash, or cancelled
    before it had drained; 2 the configuration is wrong: every fault is printed on stderr, one a line.
    """
    try:
        configure_logging(name, instance or instance_id(), stream=log_stream)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_live(main, drain_seconds))
    except (Exception, BaseExceptionGroup, asyncio.CancelledError) as error:  # noqa: BLE001  # every end has a code
        return _ended_by(name, error)
    return EXIT_CLEAN


def instance_id() -> str:
    """Name this process on the bus: INSTANCE from the environment, else host name and process id."""
    return token_from(os.environ.get("INSTANCE") or f"{socket.gethostname()}-{os.getpid()}")


async def _live(main: Main, drain_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    stop = Stop()
    work = asyncio.ensure_future(main(stop))
    hurry = asyncio.Event()

    def on_signal(received: signal.Signals) -> None:
        if stop.is_set() and received is HANGUP:
            return  # a terminal that ends says so twice, by the kernel and by its shell
        if stop.is_set():
            hurry.set()
            _listen(None)
        else:
            log.info("stopping", signal=received.name, drain_seconds=drain_seconds)
        stop.set(received.name)

    _listen(on_signal)
    patience = loop.create_task(_patience(stop, hurry, drain_seconds))
    try:
        await asyncio.wait((work, patience), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await ended(work)
            raise NotDrainedError(patience.result())
        await work
    finally:
        await ended(work, patience)
        _listen(None)


async def _patience(stop: Stop, hurry: asyncio.Event, drain_seconds: float) -> str:
    """Return why waiting for the service is over, once it is."""
    await stop.wait()
    try:
        async with asyncio.timeout(drain_seconds):
            await hurry.wait()
    except TimeoutError:
        return f"not done {drain_seconds:g} s after {stop.reason}"
    return "a second signal came before it was done"


def _listen(handler: Callable[[signal.Signals], None] | None) -> None:
    """Send the signals that stop to `handler`, or back to their defaults; nohup's wish stands."""
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        if number is HANGUP and signal.getsignal(number) is signal.SIG_IGN:
            continue
        if handler:
            loop.add_signal_handler(number, handler, number)
        else:
            loop.remove_signal_handler(number)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  # not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


def _ended_by(name: str, error: BaseException) -> int:
    causes = leaves(error)
    wrong = [cause for cause in causes if isinstance(cause, ConfigurationError)]
    if len(wrong) == len(causes):
        for fault in (fault for cause in wrong for fault in cause.faults):
            _say(f"{name}: {fault}")
        return EXIT_CONFIGURATION
    _say(f"{name}: ended by {'; '.join(one_line(cause) for cause in causes)}")
    log.critical("crashed", exc_info=error)
    return EXIT_CRASH


def _say(line: str) -> None:
    print(redacted(line), file=sys.stderr)  # noqa: T201  # said to the person who starts the service
