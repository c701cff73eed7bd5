"""The copy of the shared state: what it shows has been true at one moment, however it was read."""

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.coordination.state.mirror import Held, Mirror

KEYS = st.sampled_from([("a", "x"), ("a", "y"), ("b", "x")])


def held(place, sequence):
    return Held(*place, sequence, sequence, sequence)


def state_at(writes, sequence):
    """What every place held right after `sequence`, by its number."""
    found = {}
    for at, (place, removed) in enumerate(writes[:sequence], 1):
        if removed:
            found.pop(place, None)
        else:
            found[place] = at
    return found


@settings(max_examples=60)
@given(
    writes=st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=25),
    history=st.integers(1, 3),
    lags=st.lists(st.integers(0, 6), min_size=40, max_size=40),
)
def test_whatever_is_pushed_out_before_it_is_read_a_snapshot_is_one_moment(writes, history, lags):
    """A reader that is behind by `lags` messages, of a bucket that keeps `history` values of each key."""
    mirror, read = Mirror(), 0
    for written in range(1, len(writes) + 1):
        while read < written - lags[written % 40] or (written == len(writes) and read < written):
            kept = [
                at
                for at in range(1, written + 1)
                if sum(writes[later - 1][0] == writes[at - 1][0] for later in range(at + 1, written + 1))
                < history
            ]
            coming = [at for at in kept if at > read]
            if not coming:
                break
            read = coming[0]
            place, removed = writes[read - 1]
            value = None if removed else held(place, read)
            mirror.take(place, value, read, read, waiting=len(coming) - 1)
            assert {(one.agent_id, one.key): one.version for one in mirror.whole()} == state_at(
                writes, mirror.version
            )
    assert mirror.version == len(writes)


def test_what_is_set_aside_is_known_but_not_shown_as_whole():
    mirror = Mirror()
    mirror.take(("a", "x"), held(("a", "x"), 5), 5, 5, waiting=3)
    assert mirror.newest("a", "x").version == 5
    assert (mirror.whole(), mirror.version, mirror.reached) == ([], 0, 5)
    mirror.take(("b", "x"), held(("b", "x"), 9), 9, 9, waiting=0)
    assert [one.version for one in mirror.whole()] == [5, 9]
    assert mirror.shared("x").agent_id == "b"


def test_a_message_that_is_nobodys_value_moves_the_version_only():
    mirror = Mirror()
    mirror.take(None, None, 4, 4, waiting=0)
    assert (mirror.version, mirror.whole()) == (4, [])
