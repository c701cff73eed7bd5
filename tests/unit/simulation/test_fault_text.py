"""Faults by name on a command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.configuration import ConfigurationError
from integrations.simulation import RULES, FaultKind, PlantFault, parse_fault, parse_faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("dead:process_a@30+10", PlantFault(FaultKind.DEAD, "process_a", 30.0, 10.0)),
        ("dead:process_a", PlantFault(FaultKind.DEAD, "process_a")),
        (
            "drift:process_b.flow_rate@5=-0.25",
            PlantFault(FaultKind.DRIFT, "process_b.flow_rate", 5.0, magnitude=-0.25),
        ),
        (" exception:process_a+2.5=6 ", PlantFault(FaultKind.EXCEPTION, "process_a", 0.0, 2.5, 6.0)),
    ],
)
def test_text_says_what_where_when_and_how_badly(text, fault):
    assert parse_fault(text) == fault


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_has_a_rule_and_a_short_form(kind):
    target = "process_a.temperature" if RULES[kind].on_value else "process_a"
    assert parse_fault(f"{kind.value}:{target}@1").size == RULES[kind].magnitude


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dead", "must be kind:target@start"),
        ("dead:process_a@soon", "must be kind:target@start"),
        ("dead:process_a@30+", "must be kind:target@start"),
        ("deaf:process_a", "kind must be one of noise, .*got 'deaf'"),
        ("stuck:process_a", "target must be <point>.<quantity>"),
        ("stuck:process_a.colour", "flow_rate.*got 'process_a.colour'"),
        ("dead:process_a.flow_rate", "dead hits the device"),
        ("open_circuit:process_a.pressure", "must be <point>.temperature"),
        ("exception:process_a=7", "Modbus exception code.*got 7"),
        ("restart:process_a=2", "0 if it is kept"),
        ("slow:process_a=-1", "magnitude must be at least 0"),
        ("dead:process_a@1+0", "duration_seconds"),
    ],
)
def test_what_is_wrong_is_named(text, words):
    with pytest.raises(ConfigurationError, match=words):
        parse_fault(text)


def test_all_wrong_texts_are_reported_at_once():
    with pytest.raises(ConfigurationError) as caught:
        parse_faults(["deaf:a", "dead:process_a", "stuck:b"])
    assert len(caught.value.faults) == 2
    assert parse_faults(["dead:process_a", "slow:process_b"])[1].kind is FaultKind.SLOW


@given(st.text())
def test_any_text_is_a_fault_or_a_configuration_error(text):
    try:
        parsed = parse_fault(text)
    except ConfigurationError as error:
        parsed = error.faults
    assert parsed
