"""Temporary folders that are gone in the end, also those of a process that was killed."""

import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

if sys.platform != "win32":
    import fcntl

SETTLED_SECONDS = 60.0
"""A younger folder is let be: its owner may not have locked it yet."""


class ScratchFolder:
    """A folder of our own, locked as long as we live; entering first sweeps those whose owner was killed.

    The lock is the kernel's and ends with the process, however it ends; a process id would be somebody
    else's in another container with the same /tmp.
    """

    def __init__(self, prefix: str) -> None:
        self.path = Path()
        self._prefix = prefix
        self._lock = -1

    def __enter__(self) -> Self:
        if sys.platform != "win32":
            _sweep(self._prefix)
        self.path = Path(tempfile.mkdtemp(prefix=self._prefix))
        if sys.platform != "win32":
            self._lock = os.open(self.path, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _sweep(prefix: str) -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            facts = path.lstat()
            if facts.st_uid != os.getuid() or time.time() - facts.st_mtime < SETTLED_SECONDS:
                continue
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(folder)
