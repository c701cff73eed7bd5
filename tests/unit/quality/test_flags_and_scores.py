import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import quality
from integrations.messages import Qartod, Status
from integrations.quality import (
    MEANINGS,
    SIMULATED_CAP,
    UNCERTAIN_CAP,
    VALID_FROM,
    WITHOUT_VALUE,
    Dimension,
    Flag,
    Ne107,
    dimension_scores,
    issues,
    names,
    ne107_from_flags,
    qartod_from_flags,
    score,
    status_from_flags,
    weights_row,
    words,
)

FLOW, PRESSURE = weights_row("flow_rate"), weights_row("pressure")
masks = st.integers(0, (1 << len(Flag)) - 1)


def score_of(flags, row=FLOW):
    return int(score(np.array([flags], dtype=np.uint32), row)[0])


def qartod_of(flags):
    return int(qartod_from_flags(np.array([flags], dtype=np.uint32))[0])


def status_of(flags, device=Status.GOOD):
    return int(status_from_flags(np.array([flags], dtype=np.uint32), np.array([device], dtype=np.uint32))[0])


@pytest.mark.parametrize(
    ("flags", "flow", "pressure"),
    [
        (0, 100, 100),
        (Flag.OUT_OF_RANGE, 50, 50),
        (Flag.RATE_OF_CHANGE, 70, 70),
        (Flag.FLATLINE, 80, 85),
        (Flag.STALE, 90, 90),
        (Flag.OUT_OF_RANGE | Flag.NEGATIVE, 10, 10),
        (Flag.OUT_OF_RANGE | Flag.NEGATIVE | Flag.RATE_OF_CHANGE, 0, 0),
        (Flag.MISSING, 0, 0),
        (Flag.NOT_FINITE, 0, 0),
        (Flag.SENSOR_STATUS_BAD, 0, 0),
        (Flag.SENSOR_STATUS_UNCERTAIN, UNCERTAIN_CAP, UNCERTAIN_CAP),
        (Flag.SIMULATED, SIMULATED_CAP, SIMULATED_CAP),
    ],
)
def test_scores_are_those_that_users_know(flags, flow, pressure):
    assert (score_of(flags, FLOW), score_of(flags, PRESSURE)) == (flow, pressure)


@given(masks, masks, st.sampled_from([FLOW, PRESSURE]))
def test_more_flags_never_raise_a_score(some, more, row):
    assert score_of(some | more, row) <= score_of(some, row)


@given(masks)
def test_what_has_no_value_or_is_simulated_is_never_valid(flags):
    if flags & WITHOUT_VALUE:
        assert score_of(flags) == 0
        assert qartod_of(flags) != Qartod.GOOD
        assert status_of(flags) >> 30 >= 2
    if flags & Flag.SIMULATED:
        assert score_of(flags) < VALID_FROM
        assert qartod_of(flags) != Qartod.GOOD
        assert status_of(flags) != Status.GOOD


@given(masks, st.sampled_from(list(Status)))
def test_the_worse_severity_wins(flags, device):
    ours, both = status_of(flags), status_of(flags, device)
    assert both >> 30 == max(ours >> 30, device >> 30)


def test_a_device_that_says_more_precisely_what_is_bad_is_believed():
    assert status_of(Flag.MISSING, Status.BAD_SENSOR_FAILURE) == Status.BAD_SENSOR_FAILURE
    assert status_of(Flag.STALE, 0x40930000) == 0x40930000


@pytest.mark.parametrize(
    ("flags", "qartod", "status"),
    [
        (0, Qartod.GOOD, Status.GOOD),
        (Flag.MISSING, Qartod.MISSING, Status.BAD),
        (Flag.OUT_OF_RANGE, Qartod.FAIL, Status.UNCERTAIN_EU_EXCEEDED),
        (Flag.RATE_OF_CHANGE, Qartod.SUSPECT, Status.UNCERTAIN),
        (Flag.STALE, Qartod.SUSPECT, Status.UNCERTAIN_LAST_USABLE),
        (Flag.SIMULATED, Qartod.SUSPECT, Status.GOOD_EDITED),
        (Flag.UNCONVERTIBLE, Qartod.NOT_EVALUATED, Status.BAD_CONFIGURATION_ERROR),
        (Flag.OUT_OF_RANGE | Flag.MISSING, Qartod.MISSING, Status.BAD),
        (Flag.OUT_OF_RANGE | Flag.STALE, Qartod.FAIL, Status.UNCERTAIN_EU_EXCEEDED),
    ],
)
def test_flags_have_their_meaning_in_qartod_and_opc_ua(flags, qartod, status):
    assert (qartod_of(flags), status_of(flags)) == (qartod, status)


def test_flags_have_names_words_and_issues():
    mask = Flag.OUT_OF_RANGE | Flag.RATE_OF_CHANGE
    assert names(mask) == ["OUT_OF_RANGE", "RATE_OF_CHANGE"]
    assert words(mask) == "outside valid range, changes too fast"
    assert issues(mask) == ["out_of_range", "spike"]
    assert names(1 << 20) == ["0x100000"]


def test_the_bits_are_a_contract():
    assert [flag.value for flag in Flag] == [1 << bit for bit in range(20)]
    assert Flag.MISSING == 1
    assert Flag.UNCONVERTIBLE == 1 << 13


def test_every_flag_has_one_meaning_and_a_severity_that_ne_107_shares():
    assert sorted(meaning.flag for meaning in MEANINGS) == list(Flag)
    for meaning in MEANINGS:
        if meaning.flag is not Flag.SIMULATED:  # which checks a function, and is Good, Edited in OPC UA
            expected = {2: (Ne107.FAILURE, Ne107.CHECK_FUNCTION), 1: (Ne107.OUT_OF_SPECIFICATION,)}
            assert meaning.ne107 in expected[meaning.status >> 30], meaning


def test_the_gravest_signal_of_ne_107_wins():
    assert ne107_from_flags(0) is None
    assert ne107_from_flags(Flag.STALE | Flag.DRIFT) is Ne107.OUT_OF_SPECIFICATION
    assert ne107_from_flags(Flag.STALE | Flag.MISSING) is Ne107.FAILURE


@given(st.lists(masks, min_size=1, max_size=20))
def test_masks_of_two_bytes_and_of_four_have_the_same_meaning(found):
    low = np.array(found, np.uint32) & np.uint32(0xFFFF)
    device = np.zeros(low.size, np.uint32)
    assert score(low).tolist() == score(low.astype(np.uint16)).tolist()
    assert qartod_from_flags(low).tolist() == qartod_from_flags(low.astype(np.uint16)).tolist()
    narrow = status_from_flags(low.astype(np.uint16), device)
    assert status_from_flags(low, device).tolist() == narrow.tolist()


@given(st.lists(masks, min_size=1, max_size=20), masks)
def test_more_trouble_raises_no_dimension_and_no_mean(found, more):
    some = np.array(found, np.uint32)
    worse = some | np.uint32(more)
    before, after = dimension_scores(some), dimension_scores(worse)
    assert all(after[dimension] <= before[dimension] for dimension in Dimension)
    assert score(worse).mean() <= score(some).mean()


def test_a_dimension_hears_of_its_own_flags_only():
    scores = dimension_scores(np.array([0, Flag.DRIFT], np.uint32))
    assert scores == {
        "validity": 100.0,
        "completeness": 100.0,
        "timeliness": 100.0,
        "consistency": 100.0,
        "stability": 90.0,
    }


def test_the_page_says_what_holds():
    page = (Path(quality.__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = {
        cells[0]: cells[1:]
        for line in page.splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] in Flag.__members__
    }
    assert rows.keys() == Flag.__members__.keys()
    for meaning in MEANINGS:
        words, dimension, cost, _, qartod, ne107 = rows[meaning.flag.name]
        assert (words, dimension) == (meaning.flag.words, meaning.dimension.value)
        assert (qartod, ne107) == (str(meaning.qartod.value), meaning.ne107.value)
        if found := re.match(r"−(\d+)", cost):
            assert score(int(meaning.flag), weights_row("")) == 100 - int(found[1])
        elif found := re.match(r"at most (\d+)", cost):
            assert score(int(meaning.flag), weights_row("")) == int(found[1])
