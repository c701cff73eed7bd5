"""Many HART devices behind one UDP port on loopback, fast enough never to be the bottleneck of a benchmark.

As a program: `hart_farm.py DEVICES`; prints its port and serves until it is terminated. What it answers is
what the simulated plant's gateway would, encoded once; only the HART-IP header is written for each request.
"""

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.protocols.hart import Address, FrameType, request_frame
from integrations.simulation import HartInstrument
from integrations.simulation.hart.gateway import HartGateway

CODES = {"flow_rate": 75, "totalizer": 62, "temperature": 32, "pressure": 7}
VALUES = {"flow_rate": 7200.0, "totalizer": 1234.5, "temperature": 184.0, "pressure": 10.0}
PV_TO_QV = bytes((246, 247, 248, 249))
FIRST_POLL = ((3, b""), (9, PV_TO_QV))
POLL = FIRST_POLL[1:]
"""What every poll of four variables with their status sends once the first has shown that it is enough."""
HEADER = struct.Struct(">BBBBHH")
TOKEN_PASSING = 3


def devices_of(count: int) -> list[HartInstrument]:
    """Return the devices, whose polling addresses count from 0."""
    return [
        HartInstrument(at, f"FT-{at:02}", CODES, lambda: VALUES, upper_range=14_400.0) for at in range(count)
    ]


def serve(count: int) -> None:
    """Answer for ever."""
    devices = devices_of(count)
    gateway = HartGateway(devices)
    gateway.refresh()
    requests = [
        request_frame(address, command, data)
        for device in devices
        for address, commands in (
            (Address.polling(device.polling_address), ((0, b""),)),
            (device.address, ((0, b""), *FIRST_POLL)),
        )
        for command, data in commands
    ]
    answers = {request.encode(): gateway.answer(request)[0].frame.encode() for request in requests}
    assert all(request.type == FrameType.REQUEST for request in requests)
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind(("127.0.0.1", 0))
    print(wire.getsockname()[1], flush=True)  # noqa: T201  # the farm's one line of output
    while True:
        data, client = wire.recvfrom(4096)
        version, _, message_id, _, sequence, _ = HEADER.unpack_from(data)
        # session messages are answered by their own bodies
        body = answers[data[8:]] if message_id == TOKEN_PASSING else data[8:]
        head = HEADER.pack(version, 1, message_id, 0, sequence, HEADER.size + len(body))
        wire.sendto(head + body, client)


@contextmanager
def running_hart_farm(count: int) -> Iterator[int]:
    """Run a farm in its own process; yields its port."""
    command = [sys.executable, "-m", "benchmarks.hart_farm", str(count)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise RuntimeError(f"the farm ended with {process.wait()} before it listened")
            yield int(line)
        finally:
            process.terminate()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
