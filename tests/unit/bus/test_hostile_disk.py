"""Whatever is done to an outbox's folder, each message comes once and in order, or is told as lost."""

import asyncio
import shutil
import sqlite3

from fakes.outboxes import MIB, drained, filled, largest_file, message, numbers, rows
from fakes.site import eventually


def image(folder, to):
    """What a kill leaves of a folder."""
    shutil.copytree(folder, to)
    return to


async def test_a_full_disk_that_lets_nothing_be_removed_makes_nothing_go_twice(outbox, told, tmp_path):
    folder = tmp_path / "box"
    async with outbox(folder=folder) as box:
        async with largest_file(200_000):
            for number in range(60):
                await box.append(message(number, size=4000), number)
                await asyncio.sleep(0.001)
            await eventually(lambda: told.kinds)
        async with largest_file(1000):  # not even a page
            on_disk = len(rows(folder / "p-c.sqlite"))
            assert on_disk > 10
            await box.forget(len(await box.take(10, MIB)))
            assert len(rows(folder / "p-c.sqlite")) == on_disk
        killed = image(folder, tmp_path / "killed")
        async with largest_file(1000):  # where nothing of it is needed any more, the file makes room
            await box.forget(len(await box.take(on_disk - 10, MIB)))
            assert sum(one.stat().st_size for one in folder.iterdir()) < 10_000
        await eventually(lambda: len(rows(folder / "p-c.sqlite")) > 0)
        assert numbers(await box.take(1, MIB)) == [on_disk]
    async with outbox(folder=killed) as box:
        assert await drained(box) == list(range(10, on_disk))


async def test_a_folder_that_is_removed_while_it_is_in_use_costs_nothing(outbox, told, tmp_path):
    folder = tmp_path / "box"
    async with outbox(folder=folder) as box:
        await filled(box, range(10))
        await eventually(lambda: len(rows(folder / "p-c.sqlite")) == 10)
        shutil.rmtree(folder)
        await filled(box, range(10, 20))
        await eventually(lambda: told.kinds)
        (moved,) = folder.glob("*.sqlite")
        await eventually(lambda: len(rows(moved)) == 20)
        killed = image(folder, tmp_path / "killed")
        assert await drained(box) == list(range(20))
    assert told.kinds == ["outbox_moved"]
    async with outbox(folder=killed) as box:
        assert await drained(box) == list(range(20))


async def test_rows_that_somebody_removes_are_a_gap(outbox, told, tmp_path):
    async with outbox() as box:
        await filled(box, range(10))
    async with outbox() as box:
        with sqlite3.connect(tmp_path / "p-c.sqlite") as db:
            db.execute("DELETE FROM waiting")
        await filled(box, [10])
        assert await drained(box) == [10]
    assert [gap.count for gap in told.gaps] == [10]


async def test_a_disk_that_is_well_again_is_told_of_though_nothing_waits(outbox, told):
    async with outbox() as box:
        async with largest_file(0):
            await filled(box, [1])
            await eventually(lambda: box.trouble)
            await box.forget(len(await box.take(1, MIB)))
        box._news.set()
        await eventually(lambda: not box.trouble)
    assert told.kinds == ["outbox_disk_trouble", "outbox_disk_well"]
