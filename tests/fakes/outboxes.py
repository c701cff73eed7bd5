"""Outboxes filled and drained, and what is in their files."""

import asyncio
import resource
import sqlite3
from contextlib import asynccontextmanager, suppress

from integrations.bus import Outgoing

MIB = 1024 * 1024


def message(number, size=0, subject="gl.p.raw.c.s"):
    return Outgoing(subject, b"%d" % number + b"." * size, {"trace": f"t{number}"}, f"m{number}")


def numbers(messages):
    return [int(each.payload.rstrip(b".")) for each in messages]


async def filled(box, some):
    for number in some:
        await box.append(message(number), number)


async def drained(box):
    """Take everything, as the bus would; return what came."""
    found = []
    while box.depth:
        taken = numbers(await box.take(7, MIB))
        await box.forget(len(taken))
        found += taken
    await asyncio.wait_for(box.emptied(), 1)
    return found


def rows(path):
    with suppress(sqlite3.OperationalError), sqlite3.connect(path) as db:
        return [row[0] for row in db.execute("SELECT message_id FROM waiting ORDER BY number")]
    return []


@asynccontextmanager
async def largest_file(size):
    """Let no file of this process grow beyond `size`: a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Told:
    def __init__(self):
        self.gaps = []
        self.troubles = []

    @property
    def kinds(self):
        return [trouble.kind for trouble in self.troubles]
