"""A console in this process, over a bus of its own."""

import contextlib
import socket

import httpx

from fakes.site import document, eventually, running

VIEWER, OPERATOR = "look-at-the-plant", "close-the-circuits"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def console_document(url, port, *meters, **more):
    """A plant with a console; `more` are keys of its table."""
    table = {"port": port, "token": VIEWER, "operator_token": OPERATOR, **more}
    return document(url, *meters, console=table)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@contextlib.asynccontextmanager
async def console(table):
    """Run it until left; yields its address."""
    address = f"http://127.0.0.1:{table['console']['port']}"

    async def is_up():
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient() as client:
                return (await client.get(address)).status_code == 200
        return False

    async with running("console", table):
        await eventually(is_up, 20)
        yield address
