"""StatusCodes, QARTOD and flags keep their numbers: they are on the wire."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from integrations.messages import Flag, Qartod, Status, is_bad, is_good, is_uncertain


@given(st.integers(0, 0xFFFFFFFF))
def test_every_code_is_good_uncertain_or_bad(status):
    assert [is_good(status), is_uncertain(status), is_bad(status)].count(True) == 1


def test_severities_follow_the_names():
    for status in Status:
        assert {"GOOD": is_good, "UNCERTAIN": is_uncertain, "BAD": is_bad}[status.name.split("_")[0]](status)


def test_codes_are_those_of_the_standard():
    assert Status.GOOD_EDITED == 0x00DC0000
    assert Status.BAD_TIMEOUT == 0x800A0000
    assert Status.BAD_NO_COMMUNICATION == 0x80310000
    assert Status.UNCERTAIN_LAST_USABLE == 0x40900000
    assert [flag.value for flag in Qartod] == [1, 2, 3, 4, 9]


def test_every_flag_has_a_bit_of_its_own_and_words():
    assert [flag.value for flag in Flag] == [1 << bit for bit in range(len(Flag))]
    assert all(flag.words for flag in Flag)
    assert len({flag.words for flag in Flag}) == len(Flag)


def test_flags_combine_and_travel_as_numbers():
    both = Flag.STALE | Flag.SIMULATED
    assert both == 4352
    assert Flag(4352) == both
    assert Flag.STALE in both
    assert pickle.loads(pickle.dumps(both)) == both  # noqa: S301 - written here, one line above
