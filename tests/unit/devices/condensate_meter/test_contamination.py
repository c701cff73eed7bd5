"""A contamination begins once, ends once, and noise at the limit is neither."""

from hypothesis import given
from hypothesis import strategies as st

from integrations.devices.condensate_meter import CondensateMeterConfig
from integrations.devices.condensate_meter.contamination import ContaminationWatch, limits_of
from integrations.devices.condensate_meter.measured import Measured, unknown
from integrations.messages import Status

CONFIG = CondensateMeterConfig(host="h", port=502)
VALUES = st.builds(
    Measured, st.floats(-10, 100), st.sampled_from([Status.GOOD, Status.UNCERTAIN, Status.BAD])
)


def watch():
    return ContaminationWatch(limits_of(CONFIG))


@given(st.lists(st.fixed_dictionaries({}, optional={"ph": VALUES, "conductivity": VALUES}), max_size=50))
def test_beginnings_and_endings_take_turns_and_agree_with_what_is_active(samples):
    contamination = watch()
    active = set()
    for sample in samples:
        for event in contamination.update(sample):
            cause = event.facts["cause"]
            if event.kind == "contamination_began":
                assert cause not in active
                active.add(cause)
            else:
                active.remove(cause)
        assert set(contamination.active) == active


@given(st.floats(7.0, 9.5), st.floats(0.0, 50.0))
def test_nothing_within_the_limits_begins_anything(ph, conductivity):
    contamination = watch()
    assert list(contamination.update({"ph": Measured(ph), "conductivity": Measured(conductivity)})) == []


def test_noise_at_the_limit_is_told_once():
    contamination = watch()
    told = [
        event for at in range(100) for event in contamination.update({"ph": Measured(6.95 + 0.1 * (at % 2))})
    ]
    assert [event.facts["cause"] for event in told] == ["ph_low"]


def test_what_is_not_known_neither_begins_nor_ends():
    contamination = watch()
    list(contamination.update({"conductivity": Measured(60.0)}))
    assert list(contamination.update({"conductivity": unknown(Status.BAD_SENSOR_FAILURE, "")})) == []
    assert list(contamination.update({"conductivity": Measured(0.0, Status.BAD_OUT_OF_RANGE)})) == []
    assert list(contamination.update({})) == []
    assert contamination.active == ("conductivity_high",)


def test_one_value_may_end_one_contamination_and_begin_another():
    contamination = watch()
    list(contamination.update({"ph": Measured(5.0)}))
    kinds = [(event.kind, event.facts["cause"]) for event in contamination.update({"ph": Measured(11.0)})]
    assert kinds == [("contamination_ended", "ph_low"), ("contamination_began", "ph_high")]


def test_without_hysteresis_the_limit_itself_ends_it():
    config = CondensateMeterConfig(host="h", port=502, conductivity_hysteresis=0.0)
    contamination = ContaminationWatch(limits_of(config))
    list(contamination.update({"conductivity": Measured(50.1)}))
    assert [event.kind for event in contamination.update({"conductivity": Measured(50.0)})] == [
        "contamination_ended"
    ]
