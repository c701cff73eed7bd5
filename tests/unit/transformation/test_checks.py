import numpy as np
import pytest

from integrations.transformation import Segments, checks


def array(*numbers, dtype=np.float64):
    return np.array(numbers, dtype=dtype)


def segments(*sensor):
    return Segments(array(*sensor, dtype=np.intp))


def test_segments_know_where_each_sensor_lies():
    found = segments(3, 3, 7, 1, 1, 1)
    assert found.sensors.tolist() == [3, 7, 1]
    assert (found.starts.tolist(), found.lasts.tolist()) == ([0, 2, 3], [1, 2, 5])
    assert found.rank_of(np.arange(6)).tolist() == [0, 1, 0, 0, 1, 2]
    assert found.spread(array(1, 2, 3)).tolist() == [1, 1, 2, 3, 3, 3]
    assert found.previous(array(1, 2, 3, 4, 5, 6), array(-1, -2, -3)).tolist() == [-1, 1, -2, -3, 4, 5]
    assert found.latest(array(1, 0, 0, 0, 1, 0, dtype=np.bool_)).tolist() == [0, 0, -1, -1, 4, 4]
    assert found.tail(2).tolist() == [0, 1, 2, 4, 5]


def test_there_may_be_no_samples_at_all():
    found = segments()
    assert found.sensors.size == found.lasts.size == found.tail(3).size == 0
    assert checks.newest_before(array(dtype=np.int64), found, array(dtype=np.int64)).size == 0


def test_limits_are_part_of_the_range_and_nan_offends_against_none():
    values = array(-0.1, 0.0, 5.0, 5.1, np.nan)
    assert checks.out_of_range(values, 0.0, 5.0).tolist() == [True, False, False, True, False]
    assert checks.negative(array(-1.0, -1.0, 0.0, np.nan), array(1, 0, 1, 1, dtype=np.bool_)).tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_the_newest_time_before_never_crosses_from_one_sensor_to_the_next():
    time = array(50, 10, 60, 5, 9, 7, dtype=np.int64)
    before = checks.newest_before(time, segments(0, 0, 0, 1, 1, 1), array(20, 8, dtype=np.int64))
    assert before.tolist() == [20, 50, 50, 8, 8, 9]


def test_a_limit_of_infinity_switches_the_rate_check_off():
    course = checks.Course(
        array(0.0, 1e9), array(0, 1, dtype=np.int64), array(np.inf, np.inf), array(0.0, 0.0)
    )
    trusted = array(1, 1, dtype=np.bool_)
    found = checks.rate_of_change(
        course,
        trusted,
        segments(0, 0),
        last_value=array(np.nan),
        last_time=array(-1, dtype=np.int64),
    )
    assert found.tolist() == [False, False]


@pytest.mark.parametrize(("status", "severity"), [(0, 0), (0x40930000, 1), (0x808C0000, 2), (0xC0000000, 3)])
def test_severity_is_in_the_two_top_bits(status, severity):
    assert checks.severity(array(status, dtype=np.uint32)).tolist() == [severity]


def test_a_sensor_is_silent_after_so_many_of_its_own_intervals():
    found = checks.silent(array(0, 0, 0, dtype=np.int64), array(10.0, 40.0, np.nan), 31, 3.0)
    assert found.tolist() == [True, False, False]
