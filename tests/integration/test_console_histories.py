"""A long history in the console: looked into at first, then read whole, with its spike in it."""

import time
from datetime import UTC, datetime

import pytest

from fakes.readings import batch_of
from fakes.site import eventually
from integrations.bus import CLEAN, since
from integrations.messages import encode
from integrations.runtime.console import history
from integrations.runtime.console.asked import Range
from integrations.runtime.console.history import Histories

SUBJECT = "gl.test.clean.pressure_sensor.p"
COUNT, SPIKE_AT, POINTS = 6000, 4321, 100
FLAGGED = 16


@pytest.fixture
async def stored(bus, streams):
    """So many readings, stored one after the other; one of them is a spike that was found out.

    Returns the times between which they were measured.
    """
    began = time.time()
    for at in range(COUNT):
        spike = at == SPIKE_AT
        batch = batch_of([time.time()], [99.0 if spike else 1.0], "p", flags=[FLAGGED if spike else 0])
        await bus.client.publish(SUBJECT, encode(batch))
        if at % 500 == 0:
            await bus.client.flush()
    ended = time.time()

    async def are_stored():
        found = await since(bus, CLEAN, SUBJECT, datetime.fromtimestamp(began, UTC), 1)
        return found and found[0].pending == COUNT - 1

    await eventually(are_stored)
    return began, ended


def asked_for(stored, points=POINTS):
    begin, end = (datetime.fromtimestamp(at, UTC) for at in stored)
    return Range("p", begin, end, points)


async def test_a_short_history_is_whole_at_once(bus, stored):
    found = await Histories(bus, "test").read(asked_for(stored))
    assert (found.whole, found.more, found.read, found.messages) == (True, False, 1.0, COUNT)
    assert found.statistics.samples == COUNT
    assert max(found.columns["most"]) == 99.0


async def test_a_long_history_is_looked_into_at_first_and_then_read_whole(bus, stored, monkeypatch):
    monkeypatch.setattr(history, "MAX_MESSAGES", COUNT // 10)
    monkeypatch.setattr(history, "PIECE_SECONDS", 0.05)
    histories, asked = Histories(bus, "test"), asked_for(stored)
    first = await histories.read(asked)
    assert (first.whole, first.more, first.messages) == (False, True, COUNT)
    assert 0 < first.statistics.samples < COUNT / 4
    assert len(first.columns["time"]) > 5
    reads = [first]
    while reads[-1].more:
        reads.append(await histories.read(asked))
        assert reads[-1].read >= reads[-2].read
        assert reads[-1].columns["time"] == sorted(reads[-1].columns["time"])
        assert len(reads) < 1000
    last = reads[-1]
    assert last.whole
    assert last.statistics.samples == COUNT
    (at,) = [at for at, most in enumerate(last.columns["most"]) if most == 99.0]
    assert last.columns["least"][at] == 1.0
    assert last.columns["flags"][at] == FLAGGED
    assert len(last.columns["time"]) <= POINTS


async def test_one_too_long_for_that_says_so_and_is_not_read_on(bus, stored, monkeypatch):
    monkeypatch.setattr(history, "MAX_MESSAGES", 100)
    monkeypatch.setattr(history, "MOST_MESSAGES", 1000)
    histories = Histories(bus, "test")
    for _ in range(3):
        found = await histories.read(asked_for(stored))
        assert (found.whole, found.more, found.read) == (False, False, 0.0)
        assert found.statistics.samples <= 100


async def test_only_so_many_long_histories_are_kept(bus, stored, monkeypatch):
    monkeypatch.setattr(history, "MAX_MESSAGES", 100)
    monkeypatch.setattr(history, "KEPT", 3)
    histories = Histories(bus, "test")
    for points in range(10, 10 + 2 * history.KEPT):
        await histories.read(asked_for(stored, points))
    assert len(histories._long) == history.KEPT
