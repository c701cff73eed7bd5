"""The states of a collaboration, step by step, and whatever order steps come in."""

from copy import deepcopy

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from integrations.coordination.collaboration import (
    ENDED,
    Collaboration,
    Objective,
    Participation,
    Phase,
    StepRefusedError,
    Terms,
    TermsError,
    consensus,
)
from integrations.messages import CollaborationOutcome

AGENTS = ("GL-001", "GL-002", "GL-004")
BEGAN, CLOSES, ENDS = 1_000, 2_000, 3_000
ORDER = [Phase.INVITED, Phase.COLLECTING, Phase.SCORED, Phase.PUBLISHED, Phase.FAILED]


def terms(voting=False, participants=AGENTS):
    return Terms(
        "c1", "GL-003", "steam", participants, BEGAN, CLOSES, ENDS, (Objective("efficiency"),), (), voting
    )


def propose_all(one, at=1_500):
    for rank, agent in enumerate(one.terms.participants):
        one.propose(agent, f"of-{agent}", {"efficiency": 90.0 + rank}, at)


def test_once_all_have_proposed_the_best_wins():
    one = Collaboration(terms())
    propose_all(one)
    decision = one.decision()
    assert one.phase is Phase.PUBLISHED
    assert (decision.winner.agent_id, decision.missing) == ("GL-004", {})
    assert decision.outcome is CollaborationOutcome.CONSENSUS


def test_who_accepts_is_waited_for_until_proposals_close():
    one = Collaboration(terms())
    one.accept("GL-001", 1_100)
    one.propose("GL-002", "of-GL-002", {"efficiency": 90.0}, 1_200)
    assert (one.phase, one.next_deadline_ns()) == (Phase.COLLECTING, CLOSES)
    one.pass_time(CLOSES - 1)
    assert one.phase is Phase.COLLECTING
    one.pass_time(CLOSES)
    assert one.phase is Phase.PUBLISHED
    assert one.decision().missing == {
        "GL-001": "accepted, but proposed nothing",
        "GL-004": "never answered",
    }


def test_who_dies_is_named_and_not_waited_for():
    one = Collaboration(terms())
    one.propose("GL-001", "of-GL-001", {"efficiency": 90.0}, 1_100)
    one.decline("GL-002", "busy", 1_100)
    one.lose("GL-004", "went offline")
    decision = one.decision()
    assert one.phase is Phase.PUBLISHED
    assert (decision.missing, decision.declined) == ({"GL-004": "went offline"}, {"GL-002": "busy"})


def test_who_comes_back_in_time_counts_again():
    one = Collaboration(terms())
    one.lose("GL-004", "went offline")
    one.accept("GL-004", 1_100)
    propose_all(one)
    assert one.decision().missing == {}
    assert one.decision().winner.agent_id == "GL-004"


@pytest.mark.parametrize("how", ["time", "decline", "lose", "give_up"])
def test_without_any_proposal_it_fails_and_says_why(how):
    one = Collaboration(terms())
    if how == "time":
        one.pass_time(CLOSES)
    elif how == "give_up":
        one.give_up("not wanted any more")
    else:
        for agent in AGENTS:
            one.decline(agent, "", 1_100) if how == "decline" else one.lose(agent, "nobody knows it")
    decision = one.decision()
    assert (one.phase, decision.winner) == (Phase.FAILED, None)
    assert (decision.outcome.value, decision.reason) == {
        "give_up": ("cancelled", "not wanted any more"),
        "decline": ("declined", "everybody declined"),
    }.get(how, ("no_proposals", "nobody proposed anything"))
    assert one.next_deadline_ns() is None


def test_votes_choose_and_scores_decide_between_equals():
    one = Collaboration(terms(voting=True))
    propose_all(one)
    assert (one.phase, one.next_deadline_ns()) == (Phase.SCORED, ENDS)
    for voter, choice, approve in [
        ("GL-001", "of-GL-002", True),
        ("GL-001", "of-GL-004", False),
        ("GL-002", "of-GL-001", False),
        ("GL-002", "of-GL-004", False),
        ("GL-004", "of-GL-001", False),
    ]:
        one.vote(voter, choice, approve, 2_100)
    assert one.phase is Phase.SCORED
    one.vote("GL-004", "of-GL-002", True, 2_100)
    assert (one.phase, one.decision().winner.agent_id) == (Phase.PUBLISHED, "GL-002")
    assert one.decision().votes == {"of-GL-001": -2, "of-GL-002": 2, "of-GL-004": -2}
    even = Collaboration(terms(voting=True))
    propose_all(even)
    even.vote("GL-001", "of-GL-001", True, 2_100)
    even.vote("GL-002", "of-GL-002", True, 2_100)
    even.pass_time(ENDS)
    assert even.decision().winner.agent_id == "GL-002"


def test_a_voter_that_dies_is_not_waited_for():
    one = Collaboration(terms(voting=True))
    one.propose("GL-001", "of-GL-001", {"efficiency": 90.0}, 1_100)
    one.decline("GL-002", "", 1_100)
    one.accept("GL-004", 1_100)
    one.pass_time(CLOSES)
    assert one.phase is Phase.SCORED
    one.lose("GL-004", "went offline")
    assert one.phase is Phase.PUBLISHED
    assert one.decision().missing == {"GL-004": "went offline"}


def test_no_two_agents_have_a_proposal_of_one_id():
    one = Collaboration(terms())
    one.propose("GL-001", "p", {}, 1_100)
    with pytest.raises(StepRefusedError, match="p is a proposal of GL-001"):
        one.propose("GL-002", "p", {}, 1_100)


def test_who_withdraws_takes_its_proposal_and_the_votes_for_it_along():
    one = Collaboration(terms(voting=True))
    one.propose("GL-001", "of-GL-001", {"efficiency": 99.0}, 1_100)
    one.propose("GL-002", "of-GL-002", {"efficiency": 90.0}, 1_100)
    one.vote("GL-002", "of-GL-001", True, 1_200)
    one.decline("GL-001", "was wrong", 1_300)
    one.pass_time(CLOSES)
    assert (one.decision().winner.agent_id, one.votes["GL-002"]) == ("GL-002", {})


def test_a_later_proposal_replaces_the_earlier():
    one = Collaboration(terms())
    one.propose("GL-001", "of-GL-001", {"efficiency": 1.0}, 1_100)
    one.propose("GL-001", "of-GL-001", {"efficiency": 2.0}, 1_200)
    assert one.proposals["GL-001"].values == {"efficiency": 2.0}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            lambda one: one.propose("GL-009", "of-GL-009", {}, 1_100),
            "GL-009 in c1 refused: it was not invited",
        ),
        (lambda one: one.accept("GL-001", CLOSES), "accept of GL-001 in c1 refused: its time is over"),
        (lambda one: one.vote("GL-001", "of-GL-002", True, 1_100), "there is no proposal of-GL-002"),
        (lambda one: one.vote("GL-001", "of-GL-001", True, ENDS), "its time is over"),
    ],
)
def test_a_step_that_is_not_taken_says_why(step, words):
    one = Collaboration(terms())
    with pytest.raises(StepRefusedError, match=words):
        step(one)
    assert one.phase is Phase.INVITED


def test_a_vote_after_the_end_is_refused():
    one = Collaboration(terms())
    propose_all(one)
    with pytest.raises(StepRefusedError, match="vote of GL-001 in c1 refused: the collaboration has ended"):
        one.vote("GL-001", "of-GL-002", True, 1_600)


def test_who_has_declined_has_no_say():
    one = Collaboration(terms())
    one.decline("GL-001", "busy", 1_100)
    with pytest.raises(StepRefusedError, match="it has declined"):
        one.propose("GL-001", "of-GL-001", {}, 1_200)


@pytest.mark.parametrize("participants", [(), ("a", "a"), tuple(f"a{n}" for n in range(257))])
def test_required_agents_are_some_and_each_once(participants):
    with pytest.raises(TermsError, match="required_agents must"):
        terms(participants=participants)


class AnyOrder(RuleBasedStateMachine):
    """Whatever comes in whatever order: phases go forward, nobody is forgotten, a replay ends the same."""

    agents = st.sampled_from([*AGENTS, "GL-009"])

    def __init__(self):
        super().__init__()
        self.voting = None
        self.now = BEGAN
        self.taken = []
        self.seen = [Phase.INVITED]

    @precondition(lambda self: self.voting is None)
    @rule(voting=st.booleans())
    def begin(self, voting):
        self.voting = voting
        self.one = Collaboration(terms(voting))

    def shown(self):
        one = self.one
        return one.phase, dict(one.proposals), deepcopy(dict(one.votes)), dict(one.participants)

    def do(self, name, *args):
        before = self.shown()
        try:
            getattr(self.one, name)(*args)
        except StepRefusedError:
            assert self.shown() == before
        else:
            self.taken.append((name, args))
        self.seen.append(self.one.phase)

    @precondition(lambda self: self.voting is not None)
    @rule(agent=agents)
    def accept(self, agent):
        self.do("accept", agent, self.now)

    @precondition(lambda self: self.voting is not None)
    @rule(agent=agents)
    def decline(self, agent):
        self.do("decline", agent, "busy", self.now)

    @precondition(lambda self: self.voting is not None)
    @rule(agent=agents, value=st.floats(-1e6, 1e6))
    def propose(self, agent, value):
        self.do("propose", agent, f"of-{agent}", {"efficiency": value}, self.now)

    @precondition(lambda self: self.voting is not None)
    @rule(agent=agents, choice=agents, approve=st.booleans())
    def vote(self, agent, choice, approve):
        self.do("vote", agent, f"of-{choice}", approve, self.now)

    @precondition(lambda self: self.voting is not None)
    @rule(agent=agents)
    def lose(self, agent):
        self.do("lose", agent, "went offline")

    @precondition(lambda self: self.voting is not None)
    @rule(seconds=st.integers(1, 700))
    def wait(self, seconds):
        self.now += seconds
        self.do("pass_time", self.now)

    @invariant()
    def phases_go_forward_only(self):
        assert [ORDER.index(each) for each in self.seen] == sorted(ORDER.index(each) for each in self.seen)
        assert sum(each in ENDED for each in set(self.seen)) <= 1

    @invariant()
    def everybody_is_accounted_for(self):
        if self.voting is None:
            return
        decision = self.one.decision()
        named = {*self.one.proposals, *decision.missing, *decision.declined}
        assert named == set(AGENTS)
        assert all(0.0 <= one.score <= 100.0 for one in decision.scores)
        voted_on = {proposal for each in self.one.votes.values() for proposal in each}
        assert voted_on <= {each.proposal_id for each in self.one.proposals.values()}
        if self.one.phase is Phase.PUBLISHED:
            assert decision.winner.agent_id in self.one.proposals
            agree = decision.outcome is CollaborationOutcome.CONSENSUS
            assert agree is consensus([one.score for one in decision.scores])
        if self.now >= ENDS:
            assert self.one.ended or self.seen[-1] is Phase.INVITED

    @invariant()
    def a_replay_ends_the_same(self):
        if self.voting is None:
            return
        again = Collaboration(terms(self.voting))
        for name, args in self.taken:
            getattr(again, name)(*args)
        assert again.decision() == self.one.decision()
        assert again.phase is self.one.phase
        assert dict(again.participants) == dict(self.one.participants)

    def teardown(self):
        if self.voting is not None:
            self.one.pass_time(ENDS)
            assert self.one.ended
            assert all(stands in Participation for stands in self.one.participants.values())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=30, stateful_step_count=15)
