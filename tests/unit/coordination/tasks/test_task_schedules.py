"""Schedules as the server's timers read them; wrong ones are told by field and value."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.coordination.tasks.recurrence import ScheduleError, TaskSchedule, run_deadline, run_id

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "pattern", "recurs"),
    [
        (TaskSchedule(at=NOON), "@at 2026-11-30T12:00:00Z", False),
        (
            TaskSchedule(at=datetime(2026, 11, 30, 12, tzinfo=timezone(timedelta(hours=1)))),
            "@at 2026-11-30T11:00:00Z",
            False,
        ),
        (TaskSchedule(every=timedelta(minutes=5)), "@every 300000ms", True),
        (TaskSchedule(cron="0 0 6 * * MON-FRI"), "0 0 6 * * MON-FRI", True),
        (TaskSchedule(cron="30  6 * * *", timezone="Europe/Berlin"), "0 30 6 * * *", True),
        (TaskSchedule(cron="@hourly"), "@hourly", True),
    ],
)
def test_a_schedule_is_written_as_the_server_reads_it(schedule, pattern, recurs):
    assert (schedule.pattern(), schedule.recurs) == (pattern, recurs)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "one of at, every and cron, got none"),
        ({"at": NOON, "cron": "@daily"}, "got at and cron"),
        ({"at": datetime(2026, 11, 30)}, "at must have a time zone, got 2026-11-30T00:00:00"),  # noqa: DTZ001 - what is refused
        ({"every": timedelta(milliseconds=500)}, "every must be at least 1 s, got 0.5 s"),
        ({"cron": "* * *"}, r"cron must have five or six fields .* got '\* \* \*'"),
        ({"cron": "@often"}, "got '@often'"),
        ({"every": timedelta(seconds=5), "timezone": "Europe/Berlin"}, "timezone goes with cron only"),
    ],
)
def test_a_schedule_that_no_timer_could_keep_is_refused_by_name(given, fault):
    with pytest.raises(ScheduleError, match=fault):
        TaskSchedule(**given)


def test_runs_have_names_of_their_own_that_say_when_they_began():
    began = 1_796_040_000_123_456_789
    assert run_id("nightly", began) == "nightly-20261130T120000123"
    assert run_id("nightly", began + 960_000_000) != run_id("nightly", began)


def test_the_deadline_of_a_run_counts_from_its_beginning():
    hour = timedelta(hours=1)
    assert run_deadline(NOON + hour, NOON, NOON + 5 * hour) == NOON + 6 * hour
    assert run_deadline(None, NOON, NOON) is None
