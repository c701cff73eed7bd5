"""Looking into the past of a sensor here and there."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.bus import JetStreamUnavailableError
from integrations.runtime.console import stored
from integrations.runtime.console.buckets import Buckets
from integrations.runtime.console.stored import Past, sample


async def test_a_stream_that_does_not_answer_is_said_by_name(monkeypatch):
    async def away(*_):
        raise JetStreamUnavailableError("no answer")

    monkeypatch.setattr(stored, "since", away)
    end = datetime.now(UTC)
    past = Past(None, "gl.plant1.clean.*.meter-flow", end - timedelta(hours=1), end)
    with pytest.raises(JetStreamUnavailableError):
        await sample(past, end, 10, 100, Buckets(0, 1, 10))
