"""May a value be written: the allow-list, types, limits, the pace."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.devices.scada import SCADAConnectionConfig, TagConfig, TagType
from integrations.devices.scada.permission import LONGEST_TEXT, WritePermission, as_type, is_of_type, shown

SETPOINT = TagConfig("SP", writable=True, min_value=0.0, max_value=20.0)
COUNT = TagConfig("N", data_type="int", writable=True, min_value=-5.0, max_value=5.0)
PUMP = TagConfig("PUMP", data_type="bool", writable=True)
RECIPE = TagConfig("RECIPE", data_type="string", writable=True)
FIXED = TagConfig("P", min_value=0.0, max_value=20.0)


def permission(time, **fields):
    tags = (SETPOINT, COUNT, PUMP, RECIPE, FIXED)
    config = SCADAConnectionConfig("h", 4840, tags=tags, **{"allow_writes": True, **fields})
    return WritePermission(config, time.clock)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (SETPOINT, 12),
        (SETPOINT, 0.0),
        (SETPOINT, 20.0),
        (COUNT, -5),
        (COUNT, 2.0),
        (PUMP, False),
        (RECIPE, ""),
    ],
)
def test_what_is_allowed(time, tag, value):
    assert permission(time).refusal(tag, value) == ""


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        (FIXED, 12.0, "P is not writable in the table of tags"),
        (SETPOINT, 20.1, "SP must be at most 20, got 20.1"),
        (SETPOINT, -0.1, "SP must be at least 0, got -0.1"),
        (SETPOINT, math.nan, "SP must be a finite number, got nan"),
        (SETPOINT, math.inf, "SP must be a finite number, got inf"),
        (SETPOINT, True, "SP must be a finite number, got True"),
        (SETPOINT, "12", "SP must be a finite number, got '12'"),
        (SETPOINT, None, "SP must be a finite number, got None"),
        (COUNT, 1.5, "N must be a whole number, got 1.5"),
        (COUNT, 6, "N must be at most 5, got 6"),
        (PUMP, 1, "PUMP must be true or false, got 1"),
        (RECIPE, 7, f"RECIPE must be text of at most {LONGEST_TEXT} characters, got 7"),
        (RECIPE, "x" * (LONGEST_TEXT + 1), "RECIPE must be text"),
        (SETPOINT, 10**5000, "SP must be a finite number, got 0x"),
        (COUNT, 10**5000, "N must be a whole number, got 0x"),
    ],
    ids=lambda value: shown(value)[:20],
)
def test_what_is_refused_and_why(time, tag, value, words):
    refusal = permission(time).refusal(tag, value)
    assert refusal.startswith(words)
    assert len(refusal) < 200


def test_writing_is_off_unless_it_is_allowed(time):
    refusal = permission(time, allow_writes=False, scada_id="s").refusal(SETPOINT, 12.0)
    assert refusal == "writing is off: allow_writes of s is false"


def test_a_tag_is_written_only_so_often_and_each_has_its_own_pace(time):
    rule = permission(time, write_interval_seconds=2.0)
    rule.note(SETPOINT)
    time.seconds = 1.5
    assert rule.refusal(SETPOINT, 12.0) == "SP was written 1.50 s ago: at most one write in 2 s"
    assert rule.refusal(PUMP, True) == ""
    time.seconds = 2.0
    assert rule.refusal(SETPOINT, 12.0) == ""


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(st.sampled_from(TagType), values)
def test_a_value_that_is_of_a_type_becomes_that_type_and_stays_the_same(kind, value):
    if not is_of_type(kind, value):
        return
    made = as_type(kind, value)
    python_type = {TagType.FLOAT: float, TagType.INT: int, TagType.BOOL: bool, TagType.STRING: str}[kind]
    assert type(made) is python_type
    assert made == value or float(made) == float(value)


@given(st.text(max_size=500))
def test_what_is_shown_is_short(text):
    assert len(shown(text)) <= 80
