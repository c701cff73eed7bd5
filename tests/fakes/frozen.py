"""A nats-server that takes nothing any more and does not hang up, as behind a cable that is cut."""

import contextlib
import os
import signal


@contextlib.contextmanager
def frozen(server):
    """Stop the process of a server, until left."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)
