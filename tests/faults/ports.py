"""Ports that nobody has."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Return so many different ports of 127.0.0.1."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
