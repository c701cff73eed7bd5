"""Ask a container how it is: `healthcheck.py /readyz` by HTTP, `healthcheck.py host:port` whether it listens.

Python's own library alone, and little of it: it is started every few seconds.
"""

import os
import socket
import sys

SECONDS = 4.0


def main(what: str) -> int:
    """Return 0 if `what` answers as it should; else say what it said and return 1."""
    try:
        said = _asked(what) if what.startswith("/") else _reached(what)
    except OSError as error:
        said = f"{what}: {error}"
    if said:
        print(said, file=sys.stderr)  # noqa: T201  # Docker keeps it with the container's health
    return bool(said)


def _asked(path: str) -> str:
    port = int(os.environ.get("GL003_HTTP_PORT", "8080"))
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return (
        "" if b" 200 " in head.partition(b"\r\n")[0] else body.decode(errors="replace").strip() or "no answer"
    )


def _reached(address: str) -> str:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS):
        return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["/healthz"]))
