"""A parent for child processes: they are restarted when they die, and none of them outlives it."""

import asyncio
import os
import random
import signal
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import structlog

from integrations.orphans import die_with_parent
from integrations.resilience import Backoff
from integrations.runtime.process.life import EXIT_CONFIGURATION

log = structlog.get_logger(__name__)

_BACKOFF = Backoff(first_seconds=0.5, max_seconds=30.0, jitter=True)
_RNG = random.Random()  # noqa: S311  # spreads restarts in time, protects no secret


@dataclass(frozen=True)
class Program:
    """What to start: `env` is added to this process's own; without a `log` file it writes where we write."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None


class ChildState(Enum):
    """RESTARTING: died, will be started again. FAILED: exited with a configuration error and stays down."""

    STARTED = "started"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ChildFact:
    """Something happened to a child; `exit_code` is negative for a signal, as in subprocess."""

    name: str
    state: ChildState
    pid: int
    exit_code: int | None = None
    restart_in_seconds: float | None = None


class Supervisor:
    """Keeps programs running inside `async with`; leaving it stops them all.

    A child that dies is started again after `backoff`, whose count begins anew once a child has lived
    `settled_seconds`. At the end each child gets SIGTERM by its pid, then, after `grace_seconds`, SIGKILL.
    Children have sessions of their own, so that a terminal's Ctrl-C reaches them only through this parent.
    """

    def __init__(
        self,
        *,
        backoff: Backoff = _BACKOFF,
        settled_seconds: float = 30.0,
        grace_seconds: float = 12.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random = _RNG,
    ) -> None:
        self._backoff = backoff
        self._settled_seconds = settled_seconds
        self._grace_seconds = grace_seconds
        self._clock = clock
        self._sleep = sleep
        self._rng = rng
        self._group = asyncio.TaskGroup()
        self._keepers: list[asyncio.Task[None]] = []
        self._observers: list[Callable[[ChildFact], None]] = []
        self._alive: dict[str, int] = {}

    @property
    def alive(self) -> Mapping[str, int]:
        """Process ids of the children that run now, by name."""
        return dict(self._alive)

    def observe(self, callback: Callable[[ChildFact], None]) -> None:
        """Call `callback` with every later fact."""
        self._observers.append(callback)

    def start(self, program: Program) -> None:
        """Start `program` and keep it running; one that cannot be executed at all ends the `async with`."""
        self._keepers.append(self._group.create_task(self._keep(program), name=f"keep {program.name}"))

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await self._group.__aexit__(kind, error, trace)

    async def _keep(self, program: Program) -> None:
        attempt = 0
        while True:
            started = self._clock()
            pid, code = await self._run_once(program)
            if code == EXIT_CONFIGURATION:
                self._tell(ChildFact(program.name, ChildState.FAILED, pid, code))
                return
            attempt = 0 if self._clock() - started >= self._settled_seconds else attempt
            delay = self._backoff.delay(attempt, self._rng)
            self._tell(ChildFact(program.name, ChildState.RESTARTING, pid, code, delay))
            await self._sleep(delay)
            attempt += 1

    async def _run_once(self, program: Program) -> tuple[int, int]:
        """Run the program until it exits by itself: its pid and exit code."""
        process = await _spawn(program)
        self._alive[program.name] = process.pid
        try:
            self._tell(ChildFact(program.name, ChildState.STARTED, process.pid))
            return process.pid, await process.wait()
        finally:
            if process.returncode is None:
                await self._end(process)
                self._tell(ChildFact(program.name, ChildState.STOPPED, process.pid, process.returncode))
            del self._alive[program.name]

    async def _end(self, process: Process) -> None:
        try:
            process.terminate()
            async with asyncio.timeout(self._grace_seconds):
                await process.wait()
        except TimeoutError:
            log.warning(
                "child did not stop in time, killing it", pid=process.pid, seconds=self._grace_seconds
            )
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _tell(self, fact: ChildFact) -> None:
        level = log.warning if fact.state in (ChildState.RESTARTING, ChildState.FAILED) else log.info
        level(f"child {fact.state.value}", child=fact.name, pid=fact.pid, exit_code=fact.exit_code)
        for observer in tuple(self._observers):
            try:
                observer(fact)
            except Exception:
                log.exception("child observer failed", child=fact.name)


async def _spawn(program: Program) -> Process:
    options: dict[str, Any] = {
        "stdin": DEVNULL,
        "env": {**os.environ, **program.env},
        "start_new_session": True,
        # a parent that had the time stops its children in order; one that had not is a power cut to them
        "preexec_fn": die_with_parent(signal.SIGKILL),
    }
    if program.log is None:
        return await asyncio.create_subprocess_exec(*program.argv, **options)
    with _open_log(program.log) as output:
        return await asyncio.create_subprocess_exec(*program.argv, stdout=output, stderr=STDOUT, **options)


def _open_log(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")
