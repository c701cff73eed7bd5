"""Runs a service whose clock can be set from outside: `python -m faults.stepped OFFSET_FILE MODULE …`.

The file holds the offset in ns, as eight bytes; it is read on every look at the clock.
"""

import mmap
import runpy
import struct
import sys
import time
from pathlib import Path

OFFSET = struct.Struct("<q")


def set_clock(path: Path, seconds: float) -> None:
    """Put the clock of whoever runs with `path` ahead by so much, or behind."""
    mode = "r+b" if path.exists() else "w+b"
    with path.open(mode) as file:
        file.write(OFFSET.pack(round(seconds * 1e9)))


def _run(path: Path, module: str, arguments: list[str]) -> None:
    with path.open("r+b") as file:
        offset = mmap.mmap(file.fileno(), OFFSET.size)
    real_ns, real = time.time_ns, time.time
    time.time_ns = lambda: real_ns() + OFFSET.unpack(offset)[0]
    time.time = lambda: real() + OFFSET.unpack(offset)[0] / 1e9
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _run(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
