"""How long mail lives, as its header says, and what of it is read in one go."""

import pytest

from integrations.runtime.coordination.expiring import GAP, runs, ttl_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("1h", 3600), ("1m30s", 90), ("45", 45), ("never", 0), ("", 0), ("1.5h", 0), ("-3s", 0)],
)
def test_a_ttl_is_read_as_the_server_reads_it_or_not_at_all(text, seconds):
    assert ttl_seconds(text) == seconds


def test_what_stands_close_together_is_read_in_one_go():
    assert list(runs([])) == []
    assert list(runs([1, 2, 2 + GAP, 3 + 2 * GAP])) == [(1, 2 + GAP), (3 + 2 * GAP, 3 + 2 * GAP)]
