"""What a service tells: events in order, dead letters with their reason."""

from integrations.bus import MemoryOutbox, Received
from integrations.bus.dead_letters import MAX_REASON
from integrations.messages import Event, Severity, decode
from integrations.runtime.events import MAX_WAITING, EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.transformation.dead_letters import dead_letter
from integrations.runtime.transformation.intake import Dead

IDENTITY = Identity("plant1", "steam_meter", "host-1", "1.0.0")


async def test_events_go_to_the_outbox_in_order_each_under_its_own_id():
    reporter, outbox = EventReporter(IDENTITY, now_ns=lambda: 5), MemoryOutbox()
    reporter.tell("main header", "connection_state", "lost", Severity.WARNING, before="a", after="b")
    reporter.tell("m", "circuit_state", "open")
    await reporter.flush(outbox)
    messages = await outbox.take(10, 10_000)
    assert [message.subject for message in messages] == [
        "gl.plant1.event.steam_meter.main_header",
        "gl.plant1.event.steam_meter.m",
    ]
    assert len({message.message_id for message in messages}) == 2
    event = decode(messages[0].payload, Event)
    assert (event.kind, event.severity, event.time) == ("connection_state", Severity.WARNING, 5)
    assert event.facts == {"before": "a", "after": "b"}
    assert reporter.take() == []


def test_events_that_nobody_takes_are_bounded():
    reporter = EventReporter(IDENTITY)
    for number in range(MAX_WAITING + 5):
        reporter.tell("m", "kind", str(number))
    taken = reporter.take()
    assert len(taken) == MAX_WAITING
    assert decode(taken[-1].payload, Event).text == str(MAX_WAITING + 4)


def test_a_dead_letter_keeps_the_body_and_says_why_on_one_line():
    headers = {"Content-Type": "application/json"}
    message = Received("gl.plant1.raw.x.y", headers, b"\x00?", "$JS.ACK.RAW.c.1.42.1.0.0", 1)
    letter = dead_letter("plant1", Dead(message, "first\r\nsecond " + "x" * 5000))
    assert (letter.subject, letter.payload) == ("gl.plant1.dead.RAW", b"\x00?")
    assert letter.headers["GL-Dead-Subject"] == "gl.plant1.raw.x.y"
    assert letter.headers["GL-Dead-Sequence"] == "42"
    assert letter.headers["GL-Dead-Reason"].startswith("first second x")
    assert len(letter.headers["GL-Dead-Reason"]) == MAX_REASON
    assert letter.headers["Content-Type"] == "application/json"
