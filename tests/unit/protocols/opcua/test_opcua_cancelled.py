"""Who gives up at the very moment in which the server answers has given up."""

import asyncio

import pytest

from fuzz.targets.opcua import CONNECTED
from integrations.protocols.opcua.wire import BoundedProtocol, make_client


async def answers_a_hello(reader, writer):
    if await reader.read(65_536):
        writer.write(CONNECTED[0])
    await reader.read()
    writer.close()


async def greet(client, port):
    await client.uaclient.connect_socket("127.0.0.1", port)
    await client.send_hello()
    await asyncio.Event().wait()


@pytest.mark.parametrize("moment", ["connection_made", "data_received"])
async def test_a_cancellation_that_comes_with_an_answer_is_not_lost(moment, monkeypatch):
    happened = getattr(BoundedProtocol, moment)
    async with await asyncio.start_server(answers_a_hello, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for turns in range(4):  # of the loop, between the answer and the cancellation
            client = make_client(f"opc.tcp://127.0.0.1:{port}", 5.0)
            greeting = asyncio.create_task(greet(client, port))

            def cancel(left, task=greeting):
                if left:
                    asyncio.get_running_loop().call_soon(cancel, left - 1)
                else:
                    task.cancel()

            def happens(protocol, arrived, cancel=cancel, turns=turns):
                happened(protocol, arrived)
                cancel(turns)

            monkeypatch.setattr(BoundedProtocol, moment, happens)
            await asyncio.wait([greeting], timeout=5)
            client.disconnect_socket()
            assert greeting.cancelled()
