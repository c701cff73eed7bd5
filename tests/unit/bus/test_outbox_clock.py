"""A clock that is set makes nothing in an outbox older or younger."""

import asyncio
import sqlite3

from fakes.outboxes import drained, filled, rows
from fakes.site import eventually
from integrations.bus import DiskOutbox, Gap, OutboxSettings


async def test_a_clock_that_is_set_makes_nothing_old_that_was_in_memory_only(tmp_path):
    skew = 0
    real = DiskOutbox.__init__.__kwdefaults__["now_ns"]
    settings = OutboxSettings(folder=str(tmp_path), max_age_hours=1.0)
    async with DiskOutbox("p-c", settings, grace_seconds=0.5, now_ns=lambda: real() + skew) as box:
        await filled(box, range(10))
        skew = 10**9 * 3600 * 24 * 365
        await eventually(lambda: len(rows(tmp_path / "p-c.sqlite")) == 10)
        assert box.oldest_seconds < 60
    async with DiskOutbox("p-c", settings, now_ns=lambda: real() + skew) as box:
        assert await drained(box) == list(range(10))


async def test_what_is_too_old_goes_and_a_clock_that_is_set_makes_nothing_old(tmp_path):
    skew, gaps = 0, []
    real = DiskOutbox.__init__.__kwdefaults__["now_ns"]
    settings = OutboxSettings(folder=str(tmp_path), max_age_hours=1.0)
    box = DiskOutbox("p-c", settings, on_gap=gaps.append, grace_seconds=0.0, now_ns=lambda: real() + skew)
    async with box:
        await filled(box, range(10))
        await eventually(lambda: len(rows(tmp_path / "p-c.sqlite")) == 10)
        skew = 10**9 * 3600 * 24 * 365  # the clock had started in another year
        await filled(box, [10])
        await eventually(lambda: len(rows(tmp_path / "p-c.sqlite")) == 11)
        await asyncio.sleep(0.05)
        assert box.depth == 11
        assert box.oldest_seconds < 60
    with sqlite3.connect(tmp_path / "p-c.sqlite") as db:
        db.execute("UPDATE waiting SET kept_ns = kept_ns - 3700000000000 WHERE number <= 4")
    async with DiskOutbox("p-c", settings, on_gap=gaps.append, now_ns=lambda: real() + skew) as box:
        await filled(box, [11])
        await eventually(lambda: box.depth == 8)
        assert await drained(box) == list(range(4, 12))
    assert gaps == [Gap(4, 0, 3)]
