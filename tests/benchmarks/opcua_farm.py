"""An OPC UA server on loopback whose tags never stop changing.

As a program: `opcua_farm.py TAGS`; prints its port and serves until it is terminated. Every tag
(`ns=2;s=T<number>`) gets a new value again and again, as fast as one core allows.
"""

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from asyncua import Server, ua

WRITES_AT_ONCE = 100
"""Then it is the clients' turn: a server that hears no publish request for long ends a subscription."""
PAUSE_SECONDS = 0.02
"""Between two rounds of changes: the server's turn to publish them."""


def node_of(number: int) -> str:
    """NodeId of a tag."""
    return f"ns=2;s=T{number}"


async def serve(tags: int) -> None:
    """Change for ever."""
    server = Server()
    await server.init()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("urn:benchmark")
    folder = await server.nodes.objects.add_folder(index, "Tags")
    nodes = [
        await folder.add_variable(ua.NodeId(f"T{number}", index), f"{index}:T{number}", 0.0)
        for number in range(tags)
    ]
    async with server:
        print(port, flush=True)  # noqa: T201  # the farm's one line of output
        value = 0.0
        while True:
            value += 1.0
            for number, node in enumerate(nodes):
                if number % WRITES_AT_ONCE == 0:
                    await asyncio.sleep(0)
                data = ua.DataValue(ua.Variant(value, ua.VariantType.Double))
                await server.write_attribute_value(node.nodeid, data)
            await asyncio.sleep(PAUSE_SECONDS)


@contextmanager
def running_opcua_farm(tags: int) -> Iterator[int]:
    """Run a farm in its own process; yields its port."""
    command = [sys.executable, "-m", "benchmarks.opcua_farm", str(tags)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise RuntimeError(f"the farm ended with {process.wait()} before it listened")
            yield int(line)
        finally:
            process.terminate()


if __name__ == "__main__":
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    asyncio.run(serve(int(sys.argv[1])))
