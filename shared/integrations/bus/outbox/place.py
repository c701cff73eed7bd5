"""Which file an outbox has: one that no other living process writes."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

MOST_PLACES = 100
NOTE_DIGITS = 20
SET_ASIDE_KEPT = 2
"""Files that could not be read, kept for whoever wants to look; older ones go."""


class Place:
    """A path that is ours as long as we live: the kernel's lock on a file beside it ends with the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if sys.platform != "win32":
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise
        if not self.noted:
            with contextlib.suppress(OSError):
                self.note(0)  # now, while there may be room

    @property
    def noted(self) -> int:
        """The number that was noted last."""
        text = os.pread(self._lock, NOTE_DIGITS, 0)
        return int(text) if text.isdigit() else 0

    def note(self, number: int) -> None:
        """Keep a number where a full disk has room for it, too."""
        os.pwrite(self._lock, b"%0*d" % (NOTE_DIGITS, number), 0)
        os.fsync(self._lock)

    def leave(self) -> None:
        """Let another have it."""
        os.close(self._lock)

    def set_aside(self) -> Path:
        """Move a file that cannot be read out of the way; return where it is now."""
        aside = self.path.with_suffix(f".corrupt-{time.time_ns()}")
        _remove(Path(f"{self.path}-shm"))
        for suffix in ("", "-wal"):
            if (old := Path(f"{self.path}{suffix}")).exists():
                old.rename(f"{aside}{suffix}")
        others = self.path.parent.glob(f"{self.path.stem}.corrupt-*[0-9]")
        for older in sorted(others)[:-SET_ASIDE_KEPT]:
            remove_file(older)
        return aside


def claim(folder: Path, name: str, *, instead_of: Path | None = None) -> Place:
    """Return the first place of that name which nobody has; `instead_of` one that is lost, an empty one.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in _paths(folder, name):
        if instead_of and (path == instead_of or path.exists()):
            continue
        try:
            return Place(path)
        except BlockingIOError:
            continue
    raise OSError(f"all {MOST_PLACES} outboxes {name} in {folder} are in use")


def ownerless(folder: Path, name: str) -> Iterator[Place]:
    """Yield the other files of that name whose owner is gone, each of them ours until left."""
    for path in _paths(folder, name):
        if path.exists():
            try:
                yield Place(path)
            except BlockingIOError:
                continue


def remove_file(path: Path) -> None:
    """Remove an outbox's file with its journal."""
    for suffix in ("", "-wal", "-shm"):
        _remove(Path(f"{path}{suffix}"))


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _paths(folder: Path, name: str) -> Iterator[Path]:
    yield folder / f"{name}.sqlite"
    for number in range(2, MOST_PLACES + 1):
        yield folder / f"{name}-{number}.sqlite"
