"""Collaborations: several agents look for one answer; an invitation, answers, proposals, votes, a result."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from .agent_fields import MAX_AGENTS, AgentChecked, Agents, JsonObject, Text, Time
from .fields import SCHEMA_VERSION, Score, Token, Version


class CollaborationStep(StrEnum):
    """What a message of a collaboration is; the third token of its subject."""

    INVITATION = "invitation"
    ANSWER = "answer"
    PROPOSAL = "proposal"
    VOTE = "vote"
    RESULT = "result"


class CollaborationOutcome(StrEnum):
    """How a collaboration ended."""

    CONSENSUS = "consensus"
    NO_CONSENSUS = "no_consensus"
    """There are proposals, but they lie too far apart."""
    NO_PROPOSALS = "no_proposals"
    DECLINED = "declined"
    """Nobody wanted to take part."""
    CANCELLED = "cancelled"


class CollaborationInvitation(AgentChecked, frozen=True, kw_only=True):
    """An agent asks others to work on something together, until a time."""

    collaboration_id: Token
    initiator_id: Token
    task_type: Token
    required_agents: Annotated[list[Token], Meta(min_length=1, max_length=MAX_AGENTS)]
    parameters: JsonObject = field(default_factory=dict)
    objective: JsonObject = field(default_factory=dict)
    constraints: JsonObject = field(default_factory=dict)
    created_at: Time
    proposals_until: Time | None = None
    """After that votes only; the deadline where it is not given."""
    deadline: Time
    voting: bool = False
    """Whether participants are asked what they think of the proposals."""
    schema: Version = SCHEMA_VERSION


class CollaborationAnswer(AgentChecked, frozen=True, kw_only=True):
    """An invited agent takes part, or does not and says why."""

    collaboration_id: Token
    agent_id: Token
    accepted: bool
    reason: Text = ""
    timestamp: Time
    schema: Version = SCHEMA_VERSION


class CollaborationProposal(AgentChecked, frozen=True, kw_only=True):
    """What a participant proposes."""

    collaboration_id: Token
    agent_id: Token
    proposal_id: Token
    proposal: JsonObject
    timestamp: Time
    schema: Version = SCHEMA_VERSION


class CollaborationVote(AgentChecked, frozen=True, kw_only=True):
    """What a participant thinks of a proposal."""

    collaboration_id: Token
    agent_id: Token
    proposal_id: Token
    approve: bool
    reason: Text = ""
    timestamp: Time
    schema: Version = SCHEMA_VERSION


class CollaborationResult(AgentChecked, frozen=True, kw_only=True):
    """What came of it, told to all; who did not answer is named."""

    collaboration_id: Token
    outcome: CollaborationOutcome
    best_proposal_id: Token | None = None
    best_agent_id: Token | None = None
    best_proposal: JsonObject = field(default_factory=dict)
    scores: dict[Token, Score] = field(default_factory=dict)
    """By proposal id."""
    violations: dict[Token, list[Text]] = field(default_factory=dict)
    """Constraints that a proposal violates, by proposal id."""
    votes: dict[Token, int] = field(default_factory=dict)
    """Approvals less rejections, by proposal id."""
    accepted: Agents = field(default_factory=list)
    declined: Agents = field(default_factory=list)
    silent: Agents = field(default_factory=list)
    """Invited, but never heard of, or lost on the way."""
    reasons: dict[Token, Text] = field(default_factory=dict)
    """Why each of those who declined or are silent did or is, by agent."""
    reason: Text = ""
    timestamp: Time
    schema: Version = SCHEMA_VERSION
