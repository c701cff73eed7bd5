"""A person at a terminal: types, reads, and looks at what is left of the terminal afterwards."""

import asyncio
import fcntl
import os
import struct
import sys
import termios
from contextlib import suppress
from pathlib import Path

from fakes.site import eventually

GL003 = Path(sys.executable).parent / "gl003"
ROWS, COLUMNS = 50, 200
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


def environment():
    """Return ours with the kind and the size of this terminal in place of our own."""
    return os.environ | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}


class Terminal:
    """`gl003` on a terminal of its own; `screen` is everything that was written there."""

    def __init__(self, *arguments, folder):
        self._arguments, self._folder = arguments, folder
        self.screen = ""

    async def __aenter__(self):
        self._ours, self._theirs = os.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._before = termios.tcgetattr(self._theirs)
        os.set_blocking(self._ours, False)
        asyncio.get_running_loop().add_reader(self._ours, self._read)
        self._process = await asyncio.create_subprocess_exec(
            GL003, *map(str, self._arguments), cwd=self._folder, env=environment(),
            stdin=self._theirs, stdout=self._theirs, stderr=self._theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        return self

    async def __aexit__(self, *_):
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)
        os.close(self._theirs)

    async def sees(self, *texts):
        """Wait until each text is there, from here on."""
        try:
            await eventually(lambda: all(text in self.screen for text in texts), 30)
        except AssertionError:
            raise AssertionError(f"{texts} were not seen in:\n{self.screen[-2000:]}") from None
        self.screen = ""

    def types(self, text):
        """Type, without Return; Ctrl-C is `\\x03`, Ctrl-D `\\x04`."""
        os.write(self._ours, text.encode())

    async def code(self):
        """Wait for the end and return the exit code."""
        async with asyncio.timeout(30):
            code = await self._process.wait()
        await asyncio.sleep(0.05)  # what was written last is on its way
        return code

    def is_sane(self):
        """Whether the terminal is as it was: its settings, and the cursor."""
        shown, hidden = self.screen.rfind(SHOW_CURSOR), self.screen.rfind(HIDE_CURSOR)
        return termios.tcgetattr(self._theirs) == self._before and shown >= hidden

    def _read(self):
        with suppress(BlockingIOError, OSError):
            self.screen += os.read(self._ours, 65_536).decode(errors="replace")
