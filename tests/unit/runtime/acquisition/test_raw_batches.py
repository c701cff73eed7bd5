"""Raw batches of samples: a column for each channel, in as many messages as the bus needs."""

import numpy as np
import pytest

from integrations.devices import Channel, Sample
from integrations.devices.points import PointSample
from integrations.messages import ContentType, Header, Origin, RawBatch, Status, decode
from integrations.runtime.acquisition.readings import MOST_VALUES, RawWriter
from integrations.runtime.identity import Identity

IDENTITY = Identity("plant1", "steam_meter", "host-1", "1.0.0")
CHANNELS = (Channel("m-flow_rate", "flow_rate", "t/hr"), Channel("m-pressure", "pressure", "barg"))
MAX_PAYLOAD = 1024 * 1024
"""nats-server's default."""


def test_a_sample_becomes_a_column_for_each_channel_and_nan_no_value():
    writer = RawWriter(IDENTITY, "m", CHANNELS, epoch_ns=3)
    status = np.array([Status.GOOD, Status.BAD_TIMEOUT], np.uint32)
    sample = Sample(17, np.array([1.5, np.nan]), status, Origin.SIMULATED)
    (first,), (second,) = writer.write(sample), writer.write(sample)
    batch = decode(first.payload, RawBatch)
    assert first.subject == "gl.plant1.raw.steam_meter.m"
    assert (batch.epoch, batch.sequence, batch.origin) == (3, 0, Origin.SIMULATED)
    assert [(column.sensor_id, column.value) for column in batch.columns] == [
        ("m-flow_rate", [1.5]),
        ("m-pressure", [None]),
    ]
    assert batch.columns[1].status == [Status.BAD_TIMEOUT]
    assert [column.time for column in batch.columns] == [[17], [17]]
    assert first.message_id != second.message_id


def many(count):
    return tuple(Channel(f"{at:0>128}", "q" * 128, "kg/h") for at in range(count))


def read(messages):
    assert len({message.message_id for message in messages}) == len(messages)
    assert all(len(message.payload) < MAX_PAYLOAD for message in messages)
    batches = [decode(each.payload, RawBatch, each.headers[Header.CONTENT_TYPE]) for each in messages]
    assert [batch.sequence for batch in batches] == list(range(len(batches)))
    return [column for batch in batches for column in batch.columns]


@pytest.mark.parametrize("content_type", ContentType)
def test_a_sample_too_large_for_one_message_takes_several(content_type):
    channels = many(2 * MOST_VALUES + 1)
    writer = RawWriter(IDENTITY, "m", channels, epoch_ns=3, content_type=content_type)
    values = np.arange(len(channels)) / 3
    messages = writer.write(Sample(1_760_000_000_000_000_000, values, np.zeros(len(channels), np.uint32)))
    assert len(messages) == 3
    columns = read(messages)
    assert [column.sensor_id for column in columns] == [channel.sensor_id for channel in channels]
    assert [column.value[0] for column in columns] == values.tolist()


def test_a_flood_of_changes_takes_several_messages_and_keeps_its_order():
    channels, count = many(3), 2 * MOST_VALUES + 7
    writer = RawWriter(IDENTITY, "m", channels, epoch_ns=3)
    sample = PointSample(
        99,
        np.arange(count, dtype=np.float64),
        np.zeros(count, np.uint32),
        channel=np.arange(count) % 3,
        times=np.arange(count),
    )
    messages = writer.write(sample)
    assert len(messages) == 3
    for at, channel in enumerate(channels):
        parts = [column for column in read(messages) if column.sensor_id == channel.sensor_id]
        assert [time for column in parts for time in column.time] == list(range(at, count, 3))


@pytest.mark.parametrize("content_type", ContentType)
def test_samples_that_are_written_together_share_messages_and_keep_order_and_origin(content_type):
    writer = RawWriter(IDENTITY, "m", CHANNELS, epoch_ns=3, content_type=content_type)
    samples = [
        Sample(at, np.array([at / 4, np.nan]), np.array([0, Status.BAD_TIMEOUT], np.uint32), origin)
        for at, origin in enumerate([Origin.MEASURED] * 3 + [Origin.SIMULATED] * 2 + [Origin.MEASURED])
    ]
    burst = PointSample(
        9, np.ones(2), np.zeros(2, np.uint32), channel=np.zeros(2, int), times=np.array([6, 7])
    )
    messages = writer.write(*samples, burst)
    columns = read(messages)
    assert [column.time for column in columns if column.quantity == "flow_rate"] == [
        [0, 1, 2],
        [3, 4],
        [5],
        [6, 7],
    ]
    assert columns[0].value == [0.0, 0.25, 0.5]
    assert columns[1].value == [None] * 3
    assert columns[1].status == [Status.BAD_TIMEOUT] * 3


def test_many_samples_take_no_larger_messages_than_one_with_as_many_values():
    channels = many(MOST_VALUES // 2)
    writer = RawWriter(IDENTITY, "m", channels, epoch_ns=3)
    sample = Sample(5, np.ones(len(channels)), np.zeros(len(channels), np.uint32))
    messages = writer.write(*[sample] * 5)
    assert [len(decode(each.payload, RawBatch).columns[0].time) for each in messages] == [2, 2, 1]
    read(messages)
