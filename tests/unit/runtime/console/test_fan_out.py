"""What browsers get of the plant, however slow they are."""

import msgspec

from integrations.messages import CleanBatch, Event, Flag, Origin, Severity
from integrations.runtime.console.fan_out import REMEMBERED_EVENTS, FanOut
from integrations.runtime.console.mailbox import MAX_EVENTS, MAX_ROWS
from integrations.runtime.console.standing import Standing, standing_at

MARKUP = "<img src=x onerror=alert(1)>"


def batch(sensor_id="a", value=1.0, **more):
    fields = {
        "site": "test",
        "device_class": "steam_meter",
        "source": "meter",
        "sensor_id": sensor_id,
        "quantity": "flow_rate",
        "unit": "t/hr",
        "raw_unit": "kg/h",
        "origin": Origin.MEASURED,
        "raw_sequence": 1,
        "time": [1_700_000_000_000_000_000],
        "value": [value],
        "raw_value": [value],
        "status": [0],
        "quality": [100.0],
        "qartod": [1],
        "flags": [0],
    }
    return CleanBatch(**fields | more)


def event(at, text=MARKUP):
    return Event(
        site="test",
        service="scada",
        instance="a",
        subject_id="a",
        kind="test",
        severity=Severity.INFO,
        time=at,
        text=text,
    )


async def parts(mailbox):
    """What waits, by kind."""
    found = {}
    for message in await mailbox.take():
        head, data, *_ = message.decode().split("\n")
        found.setdefault(head.removeprefix("event: "), []).append(
            msgspec.json.decode(data.removeprefix("data: "))
        )
    return found


async def test_who_comes_finds_everything_there():
    fan_out = FanOut()
    fan_out.take("a", batch("a"))
    fan_out.take_event(event(1))
    fan_out.show("services", {"list": []})
    fan_out.tick()
    with fan_out.joined() as mailbox:
        found = await parts(mailbox)
    assert found["sensors"][0][0][1]["id"] == "a"
    assert found["values"][0][0][2] == 1.0
    assert found["events"][0][0]["text"] == MARKUP
    assert found["services"] == [{"list": []}]


async def test_a_slow_browser_finds_the_newest_value_of_each_sensor_and_no_more():
    fan_out = FanOut()
    with fan_out.joined() as slow:
        for value in range(1000):
            for sensor in ("a", "b"):
                fan_out.take(sensor, batch(sensor, float(value)))
            fan_out.tick()
        found = await parts(slow)
    assert [[row[2] for row in rows] for rows in found["values"]] == [[999.0, 999.0]]


async def test_events_that_wait_are_bounded_and_the_newest_stay():
    fan_out = FanOut()
    with fan_out.joined() as slow:
        for at in range(10 * MAX_EVENTS):
            fan_out.take_event(event(at))
        (events,) = (await parts(slow))["events"]
    assert [each["time"] for each in events] == [*range(9 * MAX_EVENTS, 10 * MAX_EVENTS)]


async def test_an_event_that_is_told_again_and_again_leaves_room_for_the_others():
    fan_out = FanOut()
    fan_out.take_event(event(1, "condensate contamination began"))
    for at in range(2, 10 * REMEMBERED_EVENTS):
        fan_out.take_event(event(at, "circuit of a is open: a probe failed"))
    with fan_out.joined() as mailbox:
        (events,) = (await parts(mailbox))["events"]
    assert [(each["first"], each["times"]) for each in events] == [(1, 1), (2, 10 * REMEMBERED_EVENTS - 2)]
    assert events[-1]["time"] == 10 * REMEMBERED_EVENTS - 1


async def test_of_different_events_the_newest_are_remembered():
    fan_out = FanOut()
    for at in range(2 * REMEMBERED_EVENTS):
        fan_out.take_event(event(at, f"{at}"))
    with fan_out.joined() as mailbox:
        (events,) = (await parts(mailbox))["events"]
    assert [each["time"] for each in events] == [*range(REMEMBERED_EVENTS, 2 * REMEMBERED_EVENTS)]


async def test_ten_thousand_sensors_come_in_parts():
    fan_out = FanOut()
    for at in range(10_000):
        fan_out.take(f"s{at}", batch(f"s{at}"))
    fan_out.tick()
    with fan_out.joined() as mailbox:
        messages = await mailbox.take()
        assert max(map(len, messages)) < 256 * 1024
    assert len(messages) == 2 * 10_000 // MAX_ROWS


async def test_a_sensor_that_is_gone_is_told_and_not_shown_to_who_comes_later():
    fan_out = FanOut()
    fan_out.take("a", batch())
    fan_out.tick()
    with fan_out.joined() as there:
        await there.take()
        fan_out.take("a", None)
        fan_out.tick()
        assert (await parts(there))["sensors"] == [[[0, None]]]
        with fan_out.joined() as later:
            later.close()
            assert await later.take() == []


def test_it_is_known_whether_somebody_looks():
    fan_out = FanOut()
    with fan_out.joined(), fan_out.joined():
        assert fan_out.watched.is_set()
        assert len(fan_out) == 2
    assert not fan_out.watched.is_set()


def test_standings_go_by_what_was_found_and_not_by_the_score_that_simulation_caps():
    assert standing_at(1.0, 0, 0) is Standing.GOOD
    assert standing_at(1.0, Flag.SIMULATED, 0) is Standing.SIMULATED
    assert standing_at(1.0, Flag.SIMULATED | Flag.FLATLINE, 0) is Standing.DOUBTFUL
    assert standing_at(1.0, 0, 0x40000000) is Standing.DOUBTFUL
    assert standing_at(1.0, Flag.STALE, 0) is Standing.STALE
    assert standing_at(1.0, Flag.STALE | Flag.OUT_OF_RANGE, 0) is Standing.BAD
    assert standing_at(None, 0, 0) is Standing.BAD
    assert standing_at(1.0, 0, 0x80000000) is Standing.BAD


async def test_it_is_told_since_when_a_sensor_stands_as_it_does():
    fan_out = FanOut()
    with fan_out.joined() as mailbox:
        told = []
        for second, value in enumerate([1.0, 2.0, None, None, 3.0]):
            fan_out.take("a", batch(value=value, time=[second * 1_000_000_000]))
            fan_out.tick()
            told += [row[-1] for (row,) in (await parts(mailbox))["values"]]
    assert told == [0, 0, 2000, 2000, 4000]
