"""What comes out of RAW: used once, in order, or dead with a reason."""

import pytest

from integrations.bus import Received
from integrations.messages import ContentType, MessageError, Origin, RawBatch, RawColumn, encode
from integrations.runtime.transformation import intake as module
from integrations.runtime.transformation.intake import Intake, read_batch

SUBJECT = "gl.plant1.raw.steam_meter.gateway"


def batch(sequence=0, epoch=1, source="gateway", site="plant1"):
    return RawBatch(
        site=site,
        device_class="steam_meter",
        source=source,
        sequence=sequence,
        epoch=epoch,
        origin=Origin.MEASURED,
        columns=[RawColumn("m-flow_rate", "flow_rate", "t/hr", [1], [2.0], [0])],
    )


def received(body, at=1, headers=None, subject=SUBJECT):
    return Received(subject, headers or {}, body, f"$JS.ACK.RAW.c.1.{at}.{at}.0.0", 1)


def test_good_messages_come_in_order_and_the_others_with_their_reason():
    messages = [
        received(encode(batch(0)), 1),
        received(b"?", 2),
        received(encode(batch(1), ContentType.MSGPACK), 3, {"Content-Type": "application/msgpack"}),
    ]
    usable, dead = Intake().read(messages)
    assert [one.sequence for one in usable] == [1, 3]
    assert [(one.message.stream_sequence, "RawBatch" in one.reason) for one in dead] == [(2, True)]


def test_a_batch_stored_twice_is_used_once():
    intake = Intake()
    assert [intake.is_new(batch(n)) for n in (0, 1, 0, 1, 2, 2)] == [True, True, False, False, True, False]


def test_a_restart_counts_anew_even_with_a_clock_that_went_back():
    intake = Intake()
    assert [intake.is_new(batch(n, epoch)) for n, epoch in ((5, 100), (0, 50), (1, 50), (6, 100))] == [
        True
    ] * 4
    assert not intake.is_new(batch(6, 100))
    assert not intake.is_new(batch(0, 50))


def test_sources_count_for_themselves():
    intake = Intake()
    assert all(intake.is_new(batch(0, source=source)) for source in ("a", "b", "c"))


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_SOURCES", 3)
    intake = Intake()
    for number in range(50):
        assert intake.is_new(batch(0, source=f"s{number}"))
        assert intake.is_new(batch(0, epoch=number + 1, source="restless"))
    assert len(intake._newest) <= 3
    assert all(len(epochs) <= module.EPOCHS_KEPT for epochs in intake._newest.values())


@pytest.mark.parametrize("one", [batch(site="elsewhere"), batch(source="other")])
def test_a_batch_must_come_from_where_it_says(one):
    with pytest.raises(MessageError, match="must be from there, this one says gl"):
        read_batch(SUBJECT, encode(one), {})
