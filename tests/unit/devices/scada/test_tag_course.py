"""Under which time each reading goes on: reported, answered, looked up in history, lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.time import START_NS, FakeTime
from integrations.devices.scada.course import HISTORICAL, TagCourse
from integrations.devices.scada.values import TagReading
from integrations.messages import Status

SECOND = 1_000_000_000
LOST = Status.BAD_NO_COMMUNICATION


def at(seconds):
    return START_NS + round(seconds * SECOND)


def reading(value, source=None, server=None, status=0, tag=0):
    return TagReading(
        tag, value, status, None if source is None else at(source), None if server is None else at(server)
    )


@pytest.fixture
def course(time):
    time.seconds = 100.0
    return TagCourse(1, time.now_ns, overtaken_ns=2 * SECOND)


def seconds(timed):
    return [(each.time_ns - START_NS) / SECOND for each in timed]


def test_a_value_keeps_the_time_of_its_source(course):
    assert seconds(course.reported([reading(1.0, 90, 91), reading(2.0, 95, 96)])) == [90, 95]


def test_without_the_sources_time_it_is_the_servers_and_without_both_ours(course):
    assert seconds(course.answered([reading(1.0, None, 91)])) == [91]
    assert seconds(course.answered([reading(1.0)])) == [100]


def test_a_value_that_stands_still_goes_on_under_the_time_at_which_the_server_knew_it(course):
    course.answered([reading(1.0, 90, 91)])
    assert seconds(course.answered([reading(1.0, 90, 95)])) == [95]


def test_a_server_whose_time_stands_still_too_confirms_under_ours(course):
    course.answered([reading(1.0, 90, 91)])
    assert seconds(course.answered([reading(1.0, 90, 91)])) == [100]


def test_a_report_that_repeats_what_is_known_says_nothing(course):
    course.reported([reading(1.0, 90, 91)])
    assert course.reported([reading(1.0, 90, 99)]) == []
    assert seconds(course.reported([reading(1.0, 92, 99)])) == [92]


def test_a_report_that_an_answer_has_overtaken_is_not_what_the_tag_is_now(course, time):
    course.answered([reading(3.0, 99, 99.5)])
    time.seconds = 101.5
    (late,) = course.reported([reading(2.0, 98, 98.5)])
    assert (late.time_ns, late.is_current) == (at(98), False)
    assert course.last_ns(0) == at(99)


def test_later_a_clock_that_was_set_back_is_not_believed(course, time):
    course.answered([reading(3.0, 99, 99.5)])
    time.seconds = 110.0
    (back,) = course.reported([reading(2.0, 50, 109)])
    assert (back.time_ns, back.is_current) == (at(109), True)


def test_a_value_that_changes_while_every_clock_stands_still_comes_right_behind(course):
    course.answered([reading(1.0, 120, 120)])
    assert course.answered([reading(1.0, 120, 120)]) == []
    (changed,) = course.answered([reading(2.0, 120, 120)])
    assert changed.time_ns == at(120) + 1


def test_history_fills_in_what_came_after_the_last_reading_and_is_marked(course):
    course.reported([reading(1.0, 90, 91)])
    past = course.backfilled([reading(0.5, 89), reading(1.0, 90), reading(2.0, 92), reading(3.0, 94)])
    assert seconds(past) == [92, 94]
    assert [each.reading.status for each in past] == [HISTORICAL, HISTORICAL]
    assert seconds(course.reported([reading(4.0, 96)])) == [96]


def test_what_history_has_told_is_not_told_again_by_the_reports_and_the_answer_that_follow(course, time):
    course.reported([reading(1.0, 90, 91)])
    course.backfilled([reading(2.0, 92), reading(3.0, 94), reading(4.0, 96)])
    assert course.reported([reading(3.0, 94, 95), reading(4.0, 96, 97)]) == []
    assert course.answered([reading(4.0, 96, 98)]) == []
    assert seconds(course.reported([reading(5.0, 99, 99)])) == [99]


def test_a_value_that_history_told_of_long_ago_is_confirmed(course, time):
    course.reported([reading(1.0, 50, 51)])
    course.backfilled([reading(2.0, 60)])
    assert seconds(course.answered([reading(2.0, 60, 99)])) == [99]


def test_a_clock_set_back_after_history_was_read_is_not_taken_for_a_repeat_for_long(course, time):
    course.backfilled([reading(2.0, 98)])
    time.seconds = 110.0
    assert seconds(course.reported([reading(3.0, 95, 109)])) == [109]


def test_a_loss_that_history_can_fill_is_said_once_right_behind_the_last_reading(course):
    course.reported([reading(1.0, 90, 91)])
    (mark,) = course.lost([0], LOST, lambda _: True)
    assert (mark.time_ns, mark.reading.value, mark.reading.status) == (at(90) + 1, None, LOST)
    assert course.lost([0], LOST, lambda _: True) == []
    assert course.known_ns(0) == at(90)
    assert seconds(course.backfilled([reading(2.0, 92)])) == [92]


def test_a_loss_without_history_is_said_each_time_under_our_clock(course, time):
    assert seconds(course.lost([0], LOST, lambda _: False)) == [100]
    time.seconds = 101.0
    assert seconds(course.lost([0], LOST, lambda _: False)) == [101]


def test_of_a_tag_that_was_never_read_a_loss_is_said_too(course):
    assert seconds(course.lost([0], LOST, lambda _: True)) == [100]
    assert course.lost([0], LOST, lambda _: True) == []


clocks = st.none() | st.integers(0, 20)
readings = st.builds(
    reading, st.integers(0, 3), clocks, clocks, st.sampled_from([0, Status.UNCERTAIN, Status.BAD])
)
steps = st.lists(st.tuples(st.sampled_from(["reported", "answered", "backfilled", "lost"]), readings,
                           st.booleans(), st.integers(0, 5)), max_size=30)  # fmt: skip


@given(steps)
def test_whatever_comes_the_times_of_current_readings_only_rise(given_steps):
    time = FakeTime()
    course = TagCourse(1, time.now_ns, overtaken_ns=SECOND)
    current = []
    for kind, one, keeps_history, pause in given_steps:
        time.seconds += pause
        if kind == "lost":
            found = course.lost([0], LOST, lambda _, keeps=keeps_history: keeps)
        else:
            found = getattr(course, kind)([one])
        current += [each for each in found if each.is_current]
        if kind == "answered":
            last = current[-1].reading
            assert (last.value, last.status & ~HISTORICAL) == (one.value, one.status)
    times = [each.time_ns for each in current]
    assert times == sorted(set(times))
