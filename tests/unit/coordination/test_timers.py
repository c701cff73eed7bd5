"""Timers that are mostly cancelled ring when they are not, never too early."""

import asyncio

from fakes.site import eventually
from integrations.coordination.sending.timers import Timers


async def test_each_rings_after_its_time_but_those_that_are_cancelled():
    timers, rung, loop = Timers(), {}, asyncio.get_running_loop()
    began = loop.time()

    def ring(name):
        return lambda: rung.setdefault(name, loop.time() - began)

    cancelled = timers.after(0.1, ring("cancelled"))
    for name, seconds in {"late": 0.3, "soon": 0.1, "at once": 0.0}.items():
        timers.after(seconds, ring(name))
    timers.cancel(cancelled)
    await eventually(lambda: len(rung) == 3)
    assert rung["soon"] >= 0.1
    assert rung["late"] >= 0.3
    timers.cancel(cancelled)
    assert "cancelled" not in rung
    assert not timers._slots


async def test_one_that_rings_may_set_another_for_the_same_time():
    timers, rung = Timers(), []
    timers.after(0.0, lambda: timers.after(0.0, lambda: rung.append("second")))
    await eventually(lambda: rung == ["second"])


async def test_those_that_are_cancelled_leave_little_behind_however_long_they_were(monkeypatch):
    timers, loop, handles, rung = Timers(), asyncio.get_running_loop(), [], []

    def call_at(*call, **more):
        handles.append(type(loop).call_at(loop, *call, **more))
        return handles[-1]

    timers.after(0.2, lambda: rung.append(True))
    with monkeypatch.context() as patch:
        patch.setattr(loop, "call_at", call_at)
        for number in range(20_000):
            timers.cancel(timers.after(3600 + number, lambda: None))
    assert len(handles) >= 20_000
    assert sum(not handle.cancelled() for handle in handles) < 2000
    await eventually(lambda: rung)
