"""Agents decide together: who is asked, what they propose, how it is scored, and when it is over; no I/O."""

from .errors import CollaborationError, StepRefusedError, TermsError
from .machine import Collaboration
from .outcome import Decision
from .phases import ENDED, Participation, Phase
from .scoring import Proposal, Scored, consensus, score_proposals
from .terms import Constraint, Goal, Objective, Terms, read_constraints, read_objectives

__all__ = [
    "ENDED",
    "Collaboration",
    "CollaborationError",
    "Constraint",
    "Decision",
    "Goal",
    "Objective",
    "Participation",
    "Phase",
    "Proposal",
    "Scored",
    "StepRefusedError",
    "Terms",
    "TermsError",
    "consensus",
    "read_constraints",
    "read_objectives",
    "score_proposals",
]
