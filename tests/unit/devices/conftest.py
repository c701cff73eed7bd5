"""Fake time, a quiet environment, and no task left behind."""

import asyncio

import pytest

from fakes.time import FakeTime


@pytest.fixture(autouse=True)
async def no_task_is_left():
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.fixture(autouse=True)
def no_simulation_in_the_environment(monkeypatch):
    monkeypatch.delenv("SIMULATION", raising=False)


@pytest.fixture
def time():
    return FakeTime()
