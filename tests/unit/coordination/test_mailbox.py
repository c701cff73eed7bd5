"""A mailbox has a consumer for each priority that there is mail of, and misses nothing for it."""

import asyncio
import contextlib

import pytest

from fakes.agents import make_streams
from fakes.site import eventually
from integrations.bus import AGENTS, Bus, BusEvent, BusEventKind, BusForbiddenError, BusSettings
from integrations.coordination.mailbox import demand
from integrations.coordination.mailbox.mailbox import Mailbox
from integrations.messages import MessagePriority, inbox_subject

CRITICAL, HIGH, NORMAL, LOW, BACKGROUND = MessagePriority
NEVER = 3600.0


@pytest.fixture
async def post(bus):
    await make_streams(bus)

    async def send(priority, text, recipient="B"):
        await bus.request(inbox_subject(recipient, priority), text)

    return send


@pytest.fixture
def deaf(monkeypatch):
    """No hint is ever heard."""

    @contextlib.asynccontextmanager
    async def nothing(*_args, **_more):
        yield

    monkeypatch.setattr(demand, "listening", nothing)


class Reader:
    """Works on mail, one at a time, and remembers it."""

    def __init__(self, bus, agent_id="B", **more):
        self.read = []
        self.go = asyncio.Event()
        self.go.set()
        self.mailbox = Mailbox(
            bus, agent_id, None, self.work, **{"concurrency": 1, "look_seconds": NEVER} | more
        )

    async def work(self, mail):
        self.read.append(mail.received.data.decode().strip('"'))
        await self.go.wait()
        mail.done()


async def consumers(bus):
    names = (await bus.api(f"CONSUMER.NAMES.{AGENTS}"))["consumers"] or []
    return {name.removeprefix("inbox-") for name in names}


async def test_an_agent_with_normal_mail_only_holds_one_consumer_until_another_priority_comes(bus, post):
    reader = Reader(bus)
    async with reader.mailbox.open():
        await post(NORMAL, "n")
        await eventually(lambda: reader.read == ["n"])
        assert await consumers(bus) == {"B-p3"}
        await post(LOW, "l1", "C")
        await post(LOW, "l2")
        await eventually(lambda: reader.read == ["n", "l2"])
        await post(LOW, "l3")
        await eventually(lambda: reader.read == ["n", "l2", "l3"])
        assert await consumers(bus) == {"B-p3", "B-p4"}


async def test_mail_that_was_not_heard_is_found_by_the_next_look(bus, post, deaf):
    reader = Reader(bus, look_seconds=0.3)
    async with reader.mailbox.open():
        await eventually(reader.mailbox._demand.looked.is_set)
        await post(CRITICAL, "c")
        await post(BACKGROUND, "b")
        await eventually(lambda: sorted(reader.read) == ["b", "c"])


async def test_mail_that_was_not_heard_is_found_after_a_reconnect(bus, nats_server, post, deaf):
    async with Bus(BusSettings(url=nats_server.url), name="B", attempts=3) as own:
        reader = Reader(own)
        async with reader.mailbox.open():
            await eventually(reader.mailbox._demand.looked.is_set)
            await post(HIGH, "h")
            own.client._transport.close()
            await eventually(lambda: reader.read == ["h"])
            assert own.counts[BusEventKind.RECONNECTED] == 1


async def test_what_comes_after_a_reconnect_is_heard(bus, nats_server, post):
    async with Bus(BusSettings(url=nats_server.url), name="B", attempts=3) as own:
        reader = Reader(own)
        async with reader.mailbox.open():
            await eventually(reader.mailbox._demand.looked.is_set)
            own.client._transport.close()
            await eventually(lambda: own.counts[BusEventKind.RECONNECTED])
            await own.client.flush()
            await post(HIGH, "h")
            await eventually(lambda: reader.read == ["h"])


async def test_the_first_critical_one_overtakes_what_waits(bus, post):
    reader = Reader(bus)
    reader.go.clear()
    async with reader.mailbox.open():
        for number in range(20):
            await post(NORMAL, f"n{number}")
        await eventually(lambda: reader.mailbox.waiting == 19)
        await post(CRITICAL, "c")
        await eventually(lambda: reader.mailbox.waiting == 20)
        reader.go.set()
        await eventually(lambda: len(reader.read) == 21)
    assert reader.read == ["n0", "c", *(f"n{number}" for number in range(1, 20))]


async def test_the_first_critical_one_goes_before_what_is_sent_just_after_it(bus, post):
    for number in range(10):
        reader = Reader(bus, agent_id=f"B{number}")
        async with reader.mailbox.open():
            await eventually(reader.mailbox._demand.looked.is_set)
            await asyncio.gather(post(CRITICAL, "c", f"B{number}"), post(NORMAL, "n", f"B{number}"))
            await eventually(lambda read=reader.read: len(read) == 2)
        assert reader.read == ["c", "n"]


async def test_what_a_replica_left_unread_comes_to_another_that_never_heard_of_it(bus, post):
    first, second = Reader(bus), Reader(bus)
    first.go.clear()
    async with first.mailbox.open():
        await post(CRITICAL, "c0")
        await eventually(lambda: first.read == ["c0"])
        await post(CRITICAL, "c1")
        await eventually(lambda: first.mailbox.waiting == 1)
        async with second.mailbox.open():
            first.go.set()
            await eventually(lambda: sorted(first.read + second.read) == ["c0", "c1"])
            await post(CRITICAL, "c2")
            await eventually(lambda: len(first.read + second.read) == 3)


@pytest.mark.parametrize("forbidden", ["hearing", "looking"])
async def test_where_the_bus_lets_it_not_hear_or_look_every_priority_is_read(
    bus, post, deaf, monkeypatch, forbidden
):
    async def refuse(*_):
        raise BusForbiddenError("these credentials may not")

    if forbidden == "looking":
        monkeypatch.setattr(demand, "subjects_of", refuse)
    reader = Reader(bus)
    async with reader.mailbox.open():
        await eventually(reader.mailbox._demand.looked.is_set)
        if forbidden == "hearing":
            subject = inbox_subject("B", HIGH).lower()
            bus._tell(BusEvent(BusEventKind.PERMISSION_DENIED, "not allowed", subject))
        await post(BACKGROUND, "b")
        await eventually(lambda: reader.read == ["b"])

        async def all_are_read():
            return len(await consumers(bus)) == len(MessagePriority)

        await eventually(all_are_read)
