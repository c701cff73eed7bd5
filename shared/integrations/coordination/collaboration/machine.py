"""The states of one collaboration, driven by its steps in the stream and by time: a replay ends the same."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from integrations.messages import CollaborationOutcome

from .errors import StepRefusedError
from .outcome import Decision, Votes, decide
from .phases import ENDED, OPEN, Participation, Phase
from .scoring import Proposal, Scored, score_proposals
from .terms import Terms

_SILENT = {
    Participation.INVITED: "never answered",
    Participation.ACCEPTED: "accepted, but proposed nothing",
}
_IN = {Participation.ACCEPTED, Participation.PROPOSED}


class Collaboration:
    """One collaboration; a step that it does not take raises StepRefusedError and changes nothing.

    Times are those at which the stream stored the steps. A participant may propose again until proposals
    close and vote again until the end: its last word counts. Who proposes has accepted.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.phase = Phase.INVITED
        self._scores: tuple[Scored, ...] = ()
        self._stands = dict.fromkeys(terms.participants, Participation.INVITED)
        self._reasons: dict[str, str] = {}
        self._proposals: dict[str, Proposal] = {}
        self._votes: dict[str, dict[str, bool]] = {}
        self._failure = Decision(CollaborationOutcome.NO_PROPOSALS, "nobody proposed anything")

    @property
    def participants(self) -> Mapping[str, Participation]:
        """Where each participant stands."""
        return MappingProxyType(self._stands)

    @property
    def proposals(self) -> Mapping[str, Proposal]:
        """What is proposed, by agent."""
        return MappingProxyType(self._proposals)

    @property
    def votes(self) -> Votes:
        """Whether each voter approves, by agent and proposal."""
        return MappingProxyType(self._votes)

    @property
    def ended(self) -> bool:
        """Whether nothing can change any more."""
        return self.phase in ENDED

    def next_deadline_ns(self) -> int | None:
        """Return when time alone changes something; None once it has ended."""
        if self.ended:
            return None
        return self.terms.ends_ns if self.phase is Phase.SCORED else self.terms.proposals_until_ns

    def accept(self, agent_id: str, at_ns: int) -> None:
        """Take that an agent will propose."""
        self._check_open("accept", agent_id, at_ns)
        self._heard(agent_id)
        if self._stands[agent_id] is not Participation.PROPOSED:
            self._stands[agent_id] = Participation.ACCEPTED
        self._advance()

    def decline(self, agent_id: str, reason: str, at_ns: int) -> None:
        """Take that an agent will not propose, nor vote; it withdraws what it proposed."""
        self._check_open("decline", agent_id, at_ns)
        self._withdraw(agent_id)
        self._votes.pop(agent_id, None)
        self._stands[agent_id] = Participation.DECLINED
        self._reasons[agent_id] = reason or "gave no reason"
        self._advance()

    def propose(self, agent_id: str, proposal_id: str, values: Mapping[str, Any], at_ns: int) -> None:
        """Take a proposal, in place of an earlier one of the same agent; what was voted on that is gone."""
        self._check_open("proposal", agent_id, at_ns)
        author = self._author(proposal_id)
        if author not in {None, agent_id}:
            raise self._refused("proposal", agent_id, f"{proposal_id} is a proposal of {author}")
        self._heard(agent_id)
        self._withdraw(agent_id)
        self._proposals[agent_id] = Proposal(agent_id, proposal_id, dict(values))
        self._stands[agent_id] = Participation.PROPOSED
        self._advance()

    def vote(self, agent_id: str, proposal_id: str, approve: bool, at_ns: int) -> None:
        """Take whether an agent approves of a proposal."""
        self._check_may("vote", agent_id, at_ns, self.terms.ends_ns)
        if self._author(proposal_id) is None:
            raise self._refused("vote", agent_id, f"there is no proposal {proposal_id}")
        self._heard(agent_id)
        self._votes.setdefault(agent_id, {})[proposal_id] = approve
        self._advance()

    def lose(self, agent_id: str, reason: str) -> None:
        """Wait for an agent no longer; what it proposed stays, and it counts again when it is heard."""
        stands = self._stands.get(agent_id)
        if self.ended or stands is None or stands is Participation.DECLINED:
            return
        if stands in _SILENT and self.phase in OPEN:
            self._stands[agent_id] = Participation.LOST
        self._reasons[agent_id] = reason
        self._advance()

    def pass_time(self, now_ns: int) -> None:
        """Let deadlines that are over by `now_ns` take effect."""
        if self.phase in OPEN and now_ns >= self.terms.proposals_until_ns:
            self._close()
        if self.phase is Phase.SCORED and now_ns >= self.terms.ends_ns:
            self.phase = Phase.PUBLISHED

    def give_up(self, reason: str) -> None:
        """End without a result; nothing happens once it has ended."""
        if not self.ended:
            self.phase = Phase.FAILED
            self._failure = Decision(CollaborationOutcome.CANCELLED, reason)

    def decision(self) -> Decision:
        """Return what it came to; of one that goes on, what it would come to now."""
        missing, declined = dict(self._missing()), dict(self._declined())
        if self.phase is Phase.FAILED or not self._proposals:
            outcome, reason = self._failure.outcome, self._failure.reason
            return Decision(outcome, reason, missing=missing, declined=declined)
        return decide(self._scores or self._scored(), self._votes, missing, declined)

    def _advance(self) -> None:
        """Move on as far as what has been heard allows."""
        stands = set(self._stands.values())
        if self.phase is Phase.INVITED and stands & _IN:
            self.phase = Phase.COLLECTING
        if self.phase in OPEN and not stands & _SILENT.keys():
            self._close()
        if self.phase is Phase.SCORED and all(self._has_voted(agent) for agent in self._voters()):
            self.phase = Phase.PUBLISHED

    def _close(self) -> None:
        """End the time of proposals."""
        if not self._proposals:
            self.phase = Phase.FAILED
            if set(self._stands.values()) == {Participation.DECLINED}:
                self._failure = Decision(CollaborationOutcome.DECLINED, "everybody declined")
            return
        self._scores = self._scored()
        self.phase = Phase.SCORED if self.terms.voting else Phase.PUBLISHED

    def _scored(self) -> tuple[Scored, ...]:
        proposals = list(self._proposals.values())
        return tuple(score_proposals(proposals, self.terms.objectives, self.terms.constraints))

    def _voters(self) -> Iterator[str]:
        """Yield whose votes are waited for: all who take part and are not known to be away."""
        for agent, stands in self._stands.items():
            if stands in _IN and agent not in self._reasons:
                yield agent

    def _has_voted(self, agent_id: str) -> bool:
        """Whether an agent has voted on everybody else's proposal."""
        others = {each.proposal_id for agent, each in self._proposals.items() if agent != agent_id}
        return others <= self._votes.get(agent_id, {}).keys()

    def _author(self, proposal_id: str) -> str | None:
        found = (agent for agent, each in self._proposals.items() if each.proposal_id == proposal_id)
        return next(found, None)

    def _withdraw(self, agent_id: str) -> None:
        """Forget what an agent proposed, and the votes on it."""
        withdrawn = self._proposals.pop(agent_id, None)
        if withdrawn is not None:
            for each in self._votes.values():
                each.pop(withdrawn.proposal_id, None)

    def _missing(self) -> Iterator[tuple[str, str]]:
        for agent, stands in self._stands.items():
            if stands is Participation.LOST:
                yield agent, self._reasons[agent]
            elif stands in _SILENT:
                yield agent, self._reasons.get(agent, _SILENT[stands])

    def _declined(self) -> Iterator[tuple[str, str]]:
        for agent, stands in self._stands.items():
            if stands is Participation.DECLINED:
                yield agent, self._reasons[agent]

    def _check_open(self, step: str, agent_id: str, at_ns: int) -> None:
        self._check_may(step, agent_id, at_ns, self.terms.proposals_until_ns)
        if self.phase is Phase.SCORED:
            raise self._refused(step, agent_id, "proposals are closed")

    def _check_may(self, step: str, agent_id: str, at_ns: int, until_ns: int) -> None:
        if agent_id not in self._stands:
            raise self._refused(step, agent_id, "it was not invited")
        if self.ended:
            raise self._refused(step, agent_id, f"the collaboration has ended: {self.phase}")
        if at_ns >= until_ns:
            raise self._refused(step, agent_id, "its time is over")
        if self._stands[agent_id] is Participation.DECLINED:
            raise self._refused(step, agent_id, "it has declined")

    def _heard(self, agent_id: str) -> None:
        """Count again on an agent that was taken for lost."""
        if self._stands[agent_id] is Participation.LOST:
            self._stands[agent_id] = Participation.INVITED
        self._reasons.pop(agent_id, None)

    def _refused(self, step: str, agent_id: str, reason: str) -> StepRefusedError:
        return StepRefusedError(f"{step} of {agent_id} in {self.terms.collaboration_id} refused: {reason}")
