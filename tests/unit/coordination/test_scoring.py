"""How proposals are scored, when they agree, and what may be asked for."""

import re

import pytest

from integrations.coordination.collaboration import (
    Constraint,
    Goal,
    Objective,
    Proposal,
    TermsError,
    consensus,
    read_constraints,
    read_objectives,
    score_proposals,
)


def proposed(proposals):
    return [Proposal(agent, f"of-{agent}", values) for agent, values in proposals.items()]


def scores(proposals, objectives=(), constraints=()):
    return {one.agent_id: one.score for one in score_proposals(proposed(proposals), objectives, constraints)}


def test_the_best_value_scores_100_and_others_in_proportion():
    proposals = {"a": {"efficiency": 90.0}, "b": {"efficiency": 72.0}}
    assert scores(proposals, [Objective("efficiency")]) == pytest.approx({"a": 100.0, "b": 80.0})


def test_less_is_better_where_it_is_to_be_minimised():
    proposals = {"a": {"fuel": 10.0}, "b": {"fuel": 12.0}, "c": {"fuel": 30.0}}
    found = scores(proposals, [Objective("fuel", Goal.MINIMIZE)])
    assert found == pytest.approx({"a": 100.0, "b": 80.0, "c": 0.0})


def test_a_target_counts_from_both_sides():
    proposals = {"a": {"efficiency": 93.1}, "b": {"efficiency": 96.9}, "c": {"efficiency": 95.0}}
    found = scores(proposals, [Objective("efficiency", Goal.TARGET, 95.0)])
    assert found == pytest.approx({"a": 98.0, "b": 98.0, "c": 100.0})


def test_each_violated_constraint_costs_twenty_points_down_to_nothing():
    limits = [Constraint("pressure", 8.0, 12.0), Constraint("cost", maximum=5.0)]
    proposals = {
        "a": {"pressure": 10.0, "cost": 5.0},
        "b": {"pressure": 12.5, "cost": 5.0},
        "c": {"pressure": 7.0},
    }
    assert scores(proposals, (), limits) == {"a": 100.0, "b": 80.0, "c": 60.0}
    (worst,) = score_proposals(proposed({"d": {}}), [Objective("x")], limits)
    assert (worst.score, worst.violations) == (0.0, ("8 <= pressure <= 12", "cost <= 5"))


def test_objectives_are_weighed():
    proposals = {"a": {"x": 10.0, "y": 5.0}, "b": {"x": 5.0, "y": 10.0}}
    found = scores(proposals, [Objective("x", weight=3.0), Objective("y")])
    assert found == pytest.approx({"a": 87.5, "b": 62.5})


@pytest.mark.parametrize("value", [None, "much", True, float("nan"), float("inf")])
def test_what_is_no_number_reaches_nothing(value):
    proposals = {"a": {"x": value}, "b": {"x": 1.0}}
    assert scores(proposals, [Objective("x")]) == {"b": 100.0, "a": 0.0}


@pytest.mark.parametrize(
    ("values", "expected"), [([0.0, 0.0], [100.0, 100.0]), ([-10.0, -8.0], [75.0, 100.0])]
)
def test_nothing_breaks_at_zero_and_below(values, expected):
    proposals = dict(zip("ab", ({"x": value} for value in values), strict=True))
    found = scores(proposals, [Objective("x")])
    assert [found[each] for each in "ab"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("given", "agree"),
    [
        ([], False),
        ([50.0], True),
        ([100.0, 80.0], True),
        ([100.0, 79.9], False),
        ([100.0, 90.0, 85.0, 80.0, 10.0], True),  # four of five
        ([100.0, 90.0, 85.0, 10.0], False),  # three of four
        ([0.0, 0.0], True),
    ],
)
def test_eighty_percent_of_the_proposals_within_eighty_percent_of_the_best(given, agree):
    assert consensus(given) is agree


def test_objectives_are_read_as_people_write_them():
    assert read_objectives("efficiency", {}) == (Objective("efficiency"),)
    assert read_objectives(["minimize:fuel", {"metric": "t", "target": 5}], {}) == (
        Objective("fuel", Goal.MINIMIZE),
        Objective("t", Goal.TARGET, 5.0),
    )
    assert read_objectives(None, {"target_efficiency": 95.0, "note": "x"}) == (
        Objective("efficiency", Goal.TARGET, 95.0),
    )


def test_constraints_are_read_as_people_write_them():
    expected = (Constraint("pressure", 8.0, 12.0),)
    assert read_constraints({"pressure": {"min": 8, "max": 12}}) == expected
    assert read_constraints({"pressure": [8, 12]}) == expected
    assert read_constraints([{"metric": "pressure", "min": 8, "max": 12}]) == expected
    assert read_constraints({"max_pressure": 12}) == (Constraint("pressure", maximum=12.0),)


@pytest.mark.parametrize(
    ("read", "given", "words"),
    [
        (read_constraints, {"pressure": 12}, "constraint pressure must be min_<metric>"),
        (read_constraints, {"pressure": {"max": "high"}}, "constraint.max must be a number, got 'high'"),
        (read_constraints, {"pressure": {"min": 9, "max": 8}}, "min must not be above max, got 9 and 8"),
        (read_constraints, {"pressure": {"upper": 8}}, "upper is not a known key"),
        (read_constraints, [5], "must be a table with a metric, got 5"),
        (lambda given: read_objectives(given, {}), 5, "must be a metric's name or a table, got 5"),
        (lambda given: read_objectives(given, {}), "best:fuel", "must be one of maximize, minimize, target"),
        (lambda given: read_objectives(given, {}), "target:fuel", "target must be given"),
        (lambda given: read_objectives(given, {}), {"metric": "x", "weight": 0}, "weight must be above 0"),
    ],
)
def test_terms_that_cannot_be_are_named(read, given, words):
    with pytest.raises(TermsError, match=re.escape(words)):
        read(given)
