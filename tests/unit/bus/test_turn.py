"""Whose turn it is: the oldest's, and nobody's twice."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bus.turn import Turn, oldest


class Others:
    """Who is there, as the test says; the test ends the waiting."""

    name = "us-5"

    def __init__(self):
        self.names = {self.name}
        self.renewed = 0
        self.looked = asyncio.Queue()
        self.go_on = asyncio.Event()

    async def renew(self):
        self.renewed += 1

    async def present(self):
        return self.names

    async def sleep(self, seconds):
        self.looked.put_nowait(seconds)
        await self.go_on.wait()
        self.go_on.clear()


async def test_it_is_ours_while_nobody_older_is_there():
    others = Others()
    turn = Turn(others, "test", sleep=others.sleep)
    assert turn.others.is_set()
    keeping = asyncio.create_task(turn.keep())
    await others.looked.get()
    seen = [(turn.ours.is_set(), turn.others.is_set())]
    for names in ({"us-5", "younger-a"}, {"us-5", "older-4"}, {"us-5"}, {"older-4"}):
        others.names = names
        others.go_on.set()
        await others.looked.get()
        seen.append((turn.ours.is_set(), turn.others.is_set()))
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert seen == [(True, False), (True, False), (False, True), (True, False), (False, True)]
    assert others.renewed == 5


@given(st.sets(st.tuples(st.sampled_from("abc"), st.integers(0, 2**64)), min_size=1))
def test_all_agree_on_the_oldest(members):
    names = {f"{name}-{began:x}" for name, began in members}
    found = oldest(names)
    assert found in names
    assert int(found.rpartition("-")[2], 16) == min(began for _, began in members)


def test_of_nobody_nobody_is_the_oldest():
    assert oldest(()) is None


def test_a_name_that_does_not_say_when_it_began_has_no_turn():
    assert oldest({"stranger", "of-another-kind", "us-5"}) == "us-5"
