"""Who is given a task, under each policy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.coordination.tasks.policies import POLICIES, AssignmentPolicy, Standing
from integrations.coordination.tasks.roster import Roster
from integrations.messages import AgentCapability, AgentProfile, AgentRole


def capability(name="report", most=10, available=True, **metrics):
    return AgentCapability(name, "", {}, metrics, available, most)


def profile(agent_id, *capabilities, **more):
    return AgentProfile(agent_id, AgentRole.ANALYTICS, list(capabilities or (capability(),)), **more)


def roster(*profiles, policy=AssignmentPolicy.LEAST_LOADED):
    found = Roster(policy)
    for each in profiles:
        found.note(each, online=True)
    return found


def given_out(who, count, task_type="report", priority=3):
    """Choose and assign, so many times over."""
    chosen = []
    for number in range(count):
        agent = who.choose(task_type, priority)
        chosen.append(agent)
        if agent:
            who.took(agent, f"{task_type}-{number}-{len(chosen)}", task_type)
    return chosen


def test_round_robin_gives_each_its_turn():
    who = roster(profile("a"), profile("b"), profile("c"), policy=AssignmentPolicy.ROUND_ROBIN)
    assert given_out(who, 6) == ["a", "b", "c", "a", "b", "c"]


def test_least_loaded_fills_up_evenly_and_counts_what_an_agent_says_of_its_load():
    who = roster(profile("a", current_load=50.0), profile("b"))
    assert given_out(who, 6) == ["b", "b", "b", "b", "b", "a"]


def test_capability_based_takes_the_best_at_it_then_the_specialist():
    who = roster(
        profile("usual", capability(success_rate=90)),
        profile("skilled", capability(success_rate=0.99), capability("other")),
        policy=AssignmentPolicy.CAPABILITY_BASED,
    )
    assert who.choose("report", 3) == "skilled"
    both = roster(
        profile("all-rounder", capability(), capability("other")),
        profile("specialist"),
        policy=AssignmentPolicy.CAPABILITY_BASED,
    )
    assert both.choose("report", 3) == "specialist"


def test_priority_weighted_gives_the_urgent_to_the_best_and_the_rest_to_the_idle():
    who = roster(
        profile("best", current_load=60.0),
        profile("idle", performance_score=50.0),
        policy=AssignmentPolicy.PRIORITY_WEIGHTED,
    )
    assert [who.choose("report", priority) for priority in (1, 3, 5)] == ["best", "idle", "idle"]


def test_no_agent_gets_more_at_once_than_it_can_take():
    who = roster(profile("a", capability(most=2)), profile("b", capability(most=1)))
    assert sorted(given_out(who, 3)) == ["a", "a", "b"]
    assert who.choose("report", 1) is None
    who.released("a", "report-0-1")
    assert who.choose("report", 1) == "a"


@pytest.mark.parametrize(
    "unfit",
    [
        profile("a", capability(available=False)),
        profile("a", capability("other")),
        profile("a", current_load=100.0),
        profile("a", capability("other"), max_load=5.0, current_load=2.0),
    ],
)
def test_who_cannot_take_it_is_not_asked(unfit):
    assert roster(unfit).choose("report", 1) is None


def test_who_is_away_is_not_asked_until_it_is_back():
    who = roster(profile("a"))
    who.note(profile("a"), online=False)
    assert who.choose("report", 3) is None
    assert who.knows("report")
    who.note(profile("a"), online=True)
    assert who.choose("report", 3) == "a"
    who.remove("a")
    assert who.choose("report", 3) is None
    assert not who.knows("report")


def test_who_is_to_be_avoided_is_passed_over_and_stays_in_line():
    who = roster(profile("a"), profile("b"))
    assert who.choose("report", 3, {"a"}) == "b"
    assert who.choose("report", 3, {"a", "b"}) is None
    assert who.choose("report", 3) == "a"


@settings(max_examples=40)
@given(st.data())
def test_the_line_chooses_what_looking_at_everyone_would(data):
    policy = data.draw(st.sampled_from(list(AssignmentPolicy)))
    who = Roster(policy)
    tasks = []
    for number in range(data.draw(st.integers(1, 25))):
        name = data.draw(st.sampled_from("abcde"))
        act = data.draw(st.sampled_from(["note", "away", "assign", "assign", "release"]))
        if act in {"note", "away"}:
            says = {
                "current_load": data.draw(st.sampled_from([0.0, 40.0, 100.0])),
                "performance_score": data.draw(st.sampled_from([50.0, 90.0])),
            }
            who.note(profile(name, capability(most=2), **says), online=act == "note")
        elif act == "release" and tasks:
            who.released(*tasks.pop())
        elif act == "assign":
            priority = data.draw(st.integers(1, 5))
            chosen = who.choose("report", priority)
            assert chosen == best(who, policy, priority)
            if chosen:
                tasks.append((chosen, str(number)))
                who.took(*tasks[-1], "report")


def best(who, policy, priority):
    fit = [member for member in who._members.values() if member.room_for("report")]
    ranked = [
        (POLICIES[policy](each.standing(each.profile, "report"), priority), each.agent_id) for each in fit
    ]
    return min(ranked, default=(None, None))[1]


def test_every_policy_is_there():
    assert set(POLICIES) == set(AssignmentPolicy)
    assert [policy(Standing("a"), 3) for policy in POLICIES.values()]


def test_a_type_that_nobody_submits_any_more_costs_nothing_however_long_agents_are_there():
    who = roster(profile("a"), profile("b"))
    assert who.choose("report", 3) == "a"
    for _ in range(1000):  # heartbeats
        who.note(profile("a", current_load=50.0), online=True)
    assert sum(map(len, who._lines.values())) < 100
    assert who.choose("report", 3) == "b"


def test_a_type_that_no_agent_knows_is_not_remembered():
    who = roster(profile("a"))
    assert [who.choose(f"unheard-of-{number}", 3) for number in range(100)] == [None] * 100
    assert not who._lines
