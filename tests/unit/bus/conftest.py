"""Outboxes in a folder of their own, and what they tell."""

import pytest

from fakes.outboxes import Told
from integrations.bus import DiskOutbox, OutboxSettings


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def outbox(tmp_path, told):
    def make(grace_seconds=0.0, folder=tmp_path, **fields):
        settings = OutboxSettings(folder=str(folder), drain_per_second=1e6, **fields)
        return DiskOutbox(
            "p-c",
            settings,
            on_gap=told.gaps.append,
            on_trouble=told.troubles.append,
            grace_seconds=grace_seconds,
        )

    return make
