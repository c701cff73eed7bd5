"""Messages of a collaboration into steps of its state machine, and its decision into a message."""

from collections.abc import Mapping
from datetime import UTC, datetime

from integrations.configuration import ConfigurationError
from integrations.messages import (
    CollaborationAnswer,
    CollaborationInvitation,
    CollaborationProposal,
    CollaborationResult,
    CollaborationStep,
    CollaborationVote,
    DecodeError,
    Header,
    MessageError,
    decode,
)

from .machine import Collaboration
from .outcome import Decision
from .phases import Participation
from .terms import Constraint, Objective, Terms, read_constraints, read_objectives

Step = (
    CollaborationInvitation
    | CollaborationAnswer
    | CollaborationProposal
    | CollaborationVote
    | CollaborationResult
)
TYPES: Mapping[str, type[Step]] = {
    CollaborationStep.INVITATION: CollaborationInvitation,
    CollaborationStep.ANSWER: CollaborationAnswer,
    CollaborationStep.PROPOSAL: CollaborationProposal,
    CollaborationStep.VOTE: CollaborationVote,
    CollaborationStep.RESULT: CollaborationResult,
}
OBJECTIVES = "objectives"
_SECOND_NS = 1_000_000_000


def read_step(subject: str, data: bytes, headers: Mapping[str, str]) -> Step:
    """Return the step that a message is.

    Raises:
        MessageError: it is none, or of another collaboration than its subject says.
    """
    _, _, collaboration_id, step, *_ = subject.split(".")
    if step not in TYPES:
        raise MessageError(f"step must be one of {', '.join(TYPES)}, got {step!r}")
    try:
        found = decode(data, TYPES[step], headers.get(Header.CONTENT_TYPE))
    except ConfigurationError as error:
        raise DecodeError(str(error)) from error
    if found.collaboration_id != collaboration_id:
        raise MessageError(f"collaboration_id must be {collaboration_id}, got {found.collaboration_id}")
    return found


def terms_of(invitation: CollaborationInvitation, began_ns: int) -> Terms:
    """Return what is asked; times count from when the stream stored the invitation.

    Raises:
        TermsError: what is asked cannot be; the text says what.
    """
    until = invitation.proposals_until or invitation.deadline
    given = invitation.objective.get(OBJECTIVES, invitation.objective)
    return Terms(
        invitation.collaboration_id,
        invitation.initiator_id,
        invitation.task_type,
        tuple(invitation.required_agents),
        began_ns,
        began_ns + _after(invitation, until),
        began_ns + _after(invitation, invitation.deadline),
        read_objectives(given or None, invitation.parameters),
        read_constraints(invitation.constraints or None),
        invitation.voting,
    )


def objective_table(objectives: tuple[Objective, ...]) -> dict[str, object]:
    """Return objectives as an invitation carries them."""
    keys = ("metric", "goal", "target", "weight", "scale")
    tables = [{key: value for key in keys if (value := getattr(one, key)) is not None} for one in objectives]
    return {OBJECTIVES: tables} if tables else {}


def constraint_table(constraints: tuple[Constraint, ...]) -> dict[str, object]:
    """Return constraints as an invitation carries them; those of one metric are put together."""
    tables: dict[str, dict[str, float]] = {}
    for one in constraints:
        for side, limit in (("min", one.minimum), ("max", one.maximum)):
            if limit is not None:
                tables.setdefault(one.metric, {})[side] = limit
    return dict(tables)


def take(machine: Collaboration, step: Step, at_ns: int) -> None:
    """Let a step that was stored at `at_ns` take effect.

    Raises:
        StepRefusedError: the collaboration does not take it.
    """
    machine.pass_time(at_ns)
    match step:
        case CollaborationAnswer(accepted=True):
            machine.accept(step.agent_id, at_ns)
        case CollaborationAnswer():
            machine.decline(step.agent_id, step.reason, at_ns)
        case CollaborationProposal():
            machine.propose(step.agent_id, step.proposal_id, step.proposal, at_ns)
        case CollaborationVote():
            machine.vote(step.agent_id, step.proposal_id, step.approve, at_ns)


def result_of(machine: Collaboration, decision: Decision) -> CollaborationResult:
    """Return the message that tells the decision to all."""
    winner = decision.winner
    proposals = {each.proposal_id: each for each in machine.proposals.values()}
    in_it = {Participation.ACCEPTED, Participation.PROPOSED}
    return CollaborationResult(
        collaboration_id=machine.terms.collaboration_id,
        outcome=decision.outcome,
        best_proposal_id=winner.proposal_id if winner else None,
        best_agent_id=winner.agent_id if winner else None,
        best_proposal=dict(proposals[winner.proposal_id].values) if winner else {},
        scores={one.proposal_id: one.score for one in decision.scores},
        violations={one.proposal_id: list(one.violations) for one in decision.scores if one.violations},
        votes=dict(decision.votes),
        accepted=[agent for agent, stands in machine.participants.items() if stands in in_it],
        declined=list(decision.declined),
        silent=list(decision.missing),
        reasons={**decision.declined, **decision.missing},
        reason=decision.reason,
        timestamp=datetime.now(UTC),
    )


def _after(invitation: CollaborationInvitation, moment: datetime) -> int:
    return round((moment - invitation.created_at).total_seconds() * _SECOND_NS)
