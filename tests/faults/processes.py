"""A part of the site as a process of its own: started, killed, frozen, and looked at from outside."""

import asyncio
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil


@dataclass(frozen=True)
class Load:
    """What a process holds."""

    memory_bytes: int
    descriptors: int


class Process:
    """A command that may be ended in any way and started again; what it writes goes to `log`."""

    def __init__(
        self, name: str, command: Sequence[object], log: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        self.lives: list[list[int]] = []
        """When it was started and when it was told to end, UTC ns; the last one may have no end yet."""
        self._command = [str(part) for part in command]
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.end(signal.SIGTERM)

    @property
    def alive(self) -> bool:
        """Whether it runs, frozen or not."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its number; it has to be alive."""
        assert self._process
        return self._process.pid

    async def start(self) -> None:
        """Start it, unless it runs."""
        if self.alive:
            return
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
            )
        self.lives.append([time.time_ns()])

    async def end(self, how: signal.Signals = signal.SIGKILL, patience_seconds: float = 20.0) -> None:
        """End it, and by force if it does not."""
        if self._process is None:
            return
        self.lives[-1].append(time.time_ns())
        self._send(signal.SIGCONT)
        self._send(how)
        try:
            async with asyncio.timeout(patience_seconds):
                await self._process.wait()
        except TimeoutError:
            self._send(signal.SIGKILL)
            await self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Stop it where it is."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._send(signal.SIGCONT)

    def load(self) -> Load | None:
        """Return what it holds; None when it does not run."""
        if not self.alive:
            return None
        with suppress(psutil.Error):
            seen = psutil.Process(self._process.pid)
            return Load(seen.memory_info().rss, seen.num_fds())
        return None

    def _send(self, what: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.send_signal(what)
