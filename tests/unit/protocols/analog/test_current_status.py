"""NAMUR NE 43: which currents measure, which say that the transmitter failed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messages import Status
from integrations.protocols.analog import current_status

GOOD, AT_LIMIT, FAILED = Status.GOOD, Status.UNCERTAIN_SENSOR_NOT_ACCURATE, Status.BAD_SENSOR_FAILURE


@pytest.mark.parametrize(
    ("current_ma", "status"),
    [
        (0.0, FAILED), (3.59, FAILED), (3.6, AT_LIMIT), (3.79, AT_LIMIT), (3.8, GOOD), (4.0, GOOD),
        (12.0, GOOD), (20.0, GOOD), (20.5, GOOD), (20.51, AT_LIMIT), (21.0, AT_LIMIT), (21.01, FAILED),
        (24.0, FAILED), (np.nan, FAILED), (np.inf, FAILED), (-np.inf, FAILED), (-1.0, FAILED),
    ],
)  # fmt: skip
def test_a_current_says_how_its_transmitter_is(current_ma, status):
    assert current_status(current_ma) == status


@pytest.mark.parametrize(("limit", "status"), [(3.6, AT_LIMIT), (3.8, GOOD), (20.5, GOOD), (21.0, AT_LIMIT)])
def test_a_limit_is_the_same_as_float32(limit, status):
    assert current_status(np.float32(limit)) == status


def test_a_loop_from_zero_has_upper_limits_only():
    assert current_status([0.0, 3.0, 20.0, 20.7, 21.5, np.nan], False).tolist() == [
        GOOD, GOOD, GOOD, AT_LIMIT, FAILED, FAILED,
    ]  # fmt: skip


@given(st.lists(st.floats(-5, 30), min_size=1, max_size=20))
def test_arrays_are_judged_like_their_elements(currents):
    assert current_status(currents).tolist() == [int(current_status(each)) for each in currents]
