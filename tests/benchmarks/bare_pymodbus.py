"""The yardstick of acquisition: pymodbus's own client with the same requests as fast as it can, and no more.

As a program: `bare_pymodbus.py SECONDS CONNECTIONS LOOP VALUES < farm.json`; prints requests per second
of CPU time. CONNECTIONS is per port, each asks its share of the port's units in turn. LOOP is asyncio or
uvloop. VALUES is `registers`, as they came, or `floats`, converted by pymodbus. Nothing is stamped or sent.
"""

import asyncio
import json
import sys
import time

import uvloop
from pymodbus.client import AsyncModbusTcpClient

WARM_UP_SECONDS = 1.0


async def ask(port, units, registers, counted, convert):
    """Read the same units over one connection until there is nothing to count any more."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=1.0)
    if not await client.connect():
        raise ConnectionError(f"nobody listens on port {port}")
    while counted:
        for unit in units:
            answer = await client.read_holding_registers(0, count=registers, device_id=unit)
            if answer.isError() or len(answer.registers) != registers:
                raise ValueError(f"unit {unit} answered {answer}")
            if convert:
                client.convert_from_registers(answer.registers, client.DATATYPE.FLOAT32)
            if counted:
                counted[0] += 1
    client.close()


async def main(seconds, connections, convert, farm):
    registers = farm["registers"] * {"uint16": 1, "float32": 2}[farm["type"]]
    counted = [0]
    async with asyncio.TaskGroup() as group:
        for port in farm["ports"]:
            behind = [unit for unit, on in farm["units"] if on == port]
            for first in range(min(connections, len(behind))):
                group.create_task(ask(port, behind[first::connections], registers, counted, convert))
        await asyncio.sleep(WARM_UP_SECONDS)
        begin, first = time.process_time(), counted[0]
        await asyncio.sleep(seconds)
        print((counted[0] - first) / (time.process_time() - begin))  # noqa: T201  # the program's output
        counted.clear()  # pymodbus takes a cancellation for a lost connection: tasks end by themselves


if __name__ == "__main__":
    run = {"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[3]]
    run(main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[4] == "floats", json.load(sys.stdin)))
