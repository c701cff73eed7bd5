"""A last value that grows old."""

import pytest

from fakes.messages import clean_fields
from integrations.messages import CleanBatch, Flag, Qartod, Status
from integrations.transformation import marked_stale


@pytest.mark.parametrize("found", [Flag(0), Flag.ESTIMATED, Flag.SIMULATED | Flag.INCONSISTENT])
def test_it_is_flagged_whatever_else_was_found(found):
    batch = CleanBatch(**{**clean_fields(), "flags": [int(found)], "status": [int(Status.GOOD)]})
    stale = marked_stale(batch)
    assert stale.flags == [found | Flag.STALE]
    assert stale.qartod == [Qartod.SUSPECT]
    assert stale.time == batch.time
