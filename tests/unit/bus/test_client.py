"""What is heard as it is read from the socket: headers, answers of the server, a hearer that fails."""

import pytest

from fakes.site import eventually
from integrations.bus import BusEventKind
from integrations.bus.wire import read_headers


@pytest.mark.parametrize(
    ("block", "headers"),
    [
        (b"NATS/1.0\r\nA: 1\r\nB:two words \r\n\r\n", {"A": "1", "B": "two words"}),
        (b"NATS/1.0 503\r\n\r\n", {"Status": "503"}),
        (b"NATS/1.0 404 No Messages\r\n\r\n", {"Status": "404", "Description": "No Messages"}),
        (
            b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 7\r\n\r\n",
            {"Status": "100", "Description": "Idle Heartbeat", "Nats-Last-Consumer": "7"},
        ),
        (b"NATS/1.0\r\nno header\r\nbad name: 1\r\nC: a:b\r\n\r\n", {"C": "a:b"}),
    ],
)
def test_header_blocks_are_read_with_what_the_server_says_in_them(block, headers):
    assert read_headers(block) == headers


async def test_what_fails_with_one_message_hears_the_next_and_the_failure_is_told(bus):
    heard = []

    def hear(message):
        heard.append((message.subject, message.data, message.headers))
        if message.data == b"bad":
            raise ValueError("not this one")

    subscription = await bus.client.hear("some.*", hear)
    await bus.client.publish("some.thing", b"bad")
    await bus.client.publish("some.thing", b"good", headers={"A": "1"})
    await eventually(lambda: len(heard) == 2)
    assert heard == [("some.thing", b"bad", {}), ("some.thing", b"good", {"A": "1"})]
    assert bus.counts[BusEventKind.ERROR] == 1

    await subscription.unsubscribe()
    await bus.client.publish("some.thing", b"after")
    await bus.client.flush()
    assert len(heard) == 2
