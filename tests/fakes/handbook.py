"""Examples as users know them, run as scripts against an address of this machine."""

import asyncio
import contextlib
import os
import re
import socket
import sys

HOST = "127.0.0.3"


async def run(example, host, port, *, at=HOST, usual_port=502, **environment):
    """Run an example with `host` replaced by `at`; return its exit code and all that it printed."""
    script = example.replace(host, at).replace(f"port={usual_port}", f"port={port}")
    if "import asyncio" not in script:  # the handbook takes it for granted in some
        script = "import asyncio\n" + script
    environment = {name: text for name, text in os.environ.items() if name != "SIMULATION"} | environment
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    async with asyncio.timeout(30):
        printed, _ = await process.communicate()
    return process.returncode, printed.decode()


def numbers(printed, label):
    """Return every number that stands behind a label."""
    return [float(found) for found in re.findall(rf"^{label}: (-?[\d.]+)", printed, re.MULTILINE)]


@contextlib.contextmanager
def closed_port():
    """Give a port that nobody listens on, and that nobody gets while the test runs."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]
