"""The last value of each sensor: the newest, marked while it is silent, the same after a restart."""

import pytest

from integrations.bus import Publisher
from integrations.messages import CleanBatch, ContentType, Origin, decode, partition_of
from integrations.quality import Flag
from integrations.runtime.transformation.coverage import is_from
from integrations.runtime.transformation.latest import LatestValues
from integrations.runtime.transformation.outtake import CleanWriter
from integrations.runtime.transformation.unheard import Unheard
from integrations.transformation import CleaningSettings, SensorLimits

OURS = partition_of("steam_meter", "m")


def clean(times, values=None, flags=None, sensor="m-flow_rate", raw_sequence=7):
    count = len(times)
    values = values or [1.0] * count
    return CleanBatch(
        site="plant1",
        device_class="steam_meter",
        source="m",
        sensor_id=sensor,
        quantity="flow_rate",
        unit="t/hr",
        raw_unit="t/hr",
        origin=Origin.MEASURED,
        raw_sequence=raw_sequence,
        time=times,
        value=values,
        raw_value=values,
        status=[0] * count,
        quality=[100.0] * count,
        qartod=[1] * count,
        flags=flags or [0] * count,
    )


def of(partition):
    return lambda batch: is_from({partition}, batch)


@pytest.fixture
def latest(bus):
    return LatestValues(bus, "plant1", ContentType.JSON)


def taken(latest):
    return {batch.sensor_id: batch for batch in (decode(out.payload, CleanBatch) for out in latest.take())}


def test_only_the_last_sample_goes_to_the_bucket(latest):
    latest.note([clean([1, 2, 3], [1.0, 2.0, 3.0]), clean([4, 5], [4.0, 5.0])])
    assert taken(latest)["m-flow_rate"].time == [5]
    assert taken(latest) == {}


def test_a_late_sample_never_takes_the_place_of_a_newer_one(latest):
    latest.note([clean([5])])
    latest.note([clean([3], flags=[Flag.OUT_OF_ORDER]), clean([6, 4], flags=[0, Flag.OUT_OF_ORDER])])
    assert taken(latest)["m-flow_rate"].time == [6]


def test_a_silent_sensor_is_marked_once_and_the_next_value_has_no_mark(latest):
    latest.note([clean([5], [8.0])])
    assert latest.mark_stale("m-flow_rate")
    assert not latest.mark_stale("m-flow_rate")
    marked = taken(latest)["m-flow_rate"]
    assert (marked.time, marked.value, marked.flags[0] & Flag.STALE) == ([5], [8.0], Flag.STALE)
    latest.note([clean([6])])
    assert taken(latest)["m-flow_rate"].flags == [0]
    assert latest.mark_stale("m-flow_rate")


def test_a_sensor_nobody_knows_cannot_be_marked(latest):
    assert not latest.mark_stale("m-flow_rate")


async def test_a_restart_takes_up_the_bucket_and_adds_what_it_lacks(streams):
    before = LatestValues(streams, "plant1", ContentType.JSON)
    before.note([clean([5]), clean([5], sensor="n-flow_rate")])
    before.mark_stale("m-flow_rate")
    async with Publisher(streams) as publisher:
        await publisher.publish_all(before.take())
    after = LatestValues(streams, "plant1", ContentType.JSON)
    last = [clean([5]), clean([9], sensor="n-flow_rate"), clean([1], sensor="o-flow_rate")]
    await after.recall(last, of(OURS))
    found = taken(after)
    assert {sensor: batch.time for sensor, batch in found.items()} == {"n-flow_rate": [9], "o-flow_rate": [1]}
    assert not after.mark_stale("m-flow_rate")


async def test_sensors_of_other_partitions_are_somebody_elses(streams):
    before = LatestValues(streams, "plant1", ContentType.JSON)
    before.note([clean([5])])
    async with Publisher(streams) as publisher:
        await publisher.publish_all(before.take())
    after = LatestValues(streams, "plant1", ContentType.JSON)
    await after.recall([], of(OURS + 1))
    assert not after.mark_stale("m-flow_rate")
    await after.recall([], of(OURS))
    assert after.mark_stale("m-flow_rate")
    after.forget_where(lambda device_class, source: (device_class, source) == ("steam_meter", "m"))
    assert not after.mark_stale("m-flow_rate")
    assert after.take() == []


def test_sensors_from_before_are_waited_for_as_long_as_they_may_be_silent():
    now = [0.0]
    settings = CleaningSettings(
        silent_after_seconds=5, sensors={"m-flow_rate": SensorLimits(expected_interval_seconds=2)}
    )
    known = [clean([5]), clean([5], sensor="unconfigured"), clean([6], sensor="heard")]
    unheard = Unheard(settings, clock=lambda: now[0])
    unheard.add(known)
    unheard.heard([clean([7], sensor="heard")])
    found = []
    for now[0] in (5.0, 6.1, 7.0, 100.0, 181.0, 1000.0):
        found += [(now[0], silence.sensor_id, silence.last_heard_ns) for silence in unheard.newly_silent()]
    assert found == [(6.1, "m-flow_rate", 5), (181.0, "unconfigured", 5)]


def test_a_clean_message_made_again_has_the_same_id_and_carries_on_the_trace():
    writer = CleanWriter("plant1", ContentType.MSGPACK)
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    first, again = (writer.write(clean([5]), trace) for _ in range(2))
    assert first == again
    assert first.subject == "gl.plant1.clean.steam_meter.m-flow_rate"
    assert first.headers == {"Content-Type": "application/msgpack", **trace}
    assert writer.write(clean([5], raw_sequence=8), {}).message_id != first.message_id
