"""A collaboration in lines of text."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.coordination.collaboration.record import Entry, Record
from integrations.messages import (
    CollaborationAnswer,
    CollaborationInvitation,
    CollaborationProposal,
    CollaborationResult,
    CollaborationVote,
)

ID_WIDTH = 34
LONGEST = 120


def line_of(record: Record) -> str:
    """Return a collaboration in one line."""
    invitation, result = record.invitation, record.result
    if invitation is None:
        return record.collaboration_id
    began = f"{invitation.created_at:%Y-%m-%d %H:%M:%S}"
    outcome = f"{result.outcome.value} {result.best_agent_id or ''}" if result else record.phase.value
    who = f"{invitation.initiator_id} → {', '.join(invitation.required_agents)}"
    return f"{record.collaboration_id:{ID_WIDTH}} {began}  {invitation.task_type}  {who}  {outcome}".rstrip()


def lines_of(record: Record) -> Iterator[str]:
    """Yield a collaboration step by step, and what came of it."""
    yield line_of(record)
    for entry in record.entries:
        at = datetime.fromtimestamp(entry.at_ns / 1e9, UTC)
        refused = f"  REFUSED: {entry.refused}" if entry.refused else ""
        yield f"  {at:%H:%M:%S.%f}"[:-3] + f"  {_words(entry)}{refused}"
    if record.machine is not None and record.result is None:
        stands = ", ".join(f"{agent} {each.value}" for agent, each in record.machine.participants.items())
        yield f"  goes on: {stands}"
    if record.result is not None:
        yield from _result(record.result, record)


def _words(entry: Entry) -> str:
    match entry.step:
        case CollaborationInvitation() as step:
            asked = _short({**step.parameters, **step.objective})
            until = f"{step.deadline:%H:%M:%S}"
            return f"{step.initiator_id} invites {', '.join(step.required_agents)} until {until}  {asked}"
        case CollaborationAnswer() as step:
            return f"{step.agent_id} {'accepts' if step.accepted else 'declines'}  {step.reason}".rstrip()
        case CollaborationProposal() as step:
            return f"{step.agent_id} proposes  {_short(step.proposal)}"
        case CollaborationVote() as step:
            return f"{step.agent_id} {'approves of' if step.approve else 'rejects'} {step.proposal_id}"
        case CollaborationResult() as step:
            return f"result: {step.outcome.value}  {step.reason}".rstrip()


def _result(result: CollaborationResult, record: Record) -> Iterator[str]:
    authors = (
        {each.proposal_id: each.agent_id for each in record.machine.proposals.values()}
        if record.machine
        else {}
    )
    for proposal_id, score in sorted(result.scores.items(), key=lambda pair: -pair[1]):
        mark = "*" if proposal_id == result.best_proposal_id else " "
        violated = "; ".join(result.violations.get(proposal_id, ()))
        votes = f"  votes {result.votes[proposal_id]:+d}" if proposal_id in result.votes else ""
        yield (
            f"  {mark} {authors.get(proposal_id, proposal_id)}  score {score:.1f}{votes}"
            + (f"  violates {violated}" if violated else "")
        )
    for agent in (*result.declined, *result.silent):
        what = "declined" if agent in result.declined else "missing"
        yield f"    {agent}  {what}: {result.reasons.get(agent, '')}"


def _short(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
