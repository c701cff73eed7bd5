"""The invitation: what an agent asks of others, checked before anybody hears of it."""

import math
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.configuration import ConfigurationError
from integrations.messages import CollaborationInvitation

from .errors import TermsError
from .terms import MAX_SECONDS, read_constraints, read_objectives
from .wire import constraint_table, objective_table, terms_of

PROPOSALS_PART = 2 / 3
"""Of the time, where there is to be a vote."""


def invitation(
    initiator_id: str,
    task_type: str,
    required_agents: Sequence[str],
    parameters: Mapping[str, Any],
    *,
    objective: Any,
    constraints: Any,
    timeout: float,
    voting: bool,
) -> CollaborationInvitation:
    """Return the invitation.

    Raises:
        TermsError: what is asked cannot be; the text names it.
    """
    if not (isinstance(timeout, int | float) and math.isfinite(timeout) and 0 < timeout <= MAX_SECONDS):
        raise TermsError(f"timeout must be above 0 and at most {MAX_SECONDS:g} seconds, got {timeout!r}")
    if isinstance(required_agents, str):
        raise TermsError(f"required_agents must be a list of agents, got {required_agents!r}")
    now = datetime.now(UTC)
    part = timeout * PROPOSALS_PART if voting else timeout
    try:
        found = CollaborationInvitation(
            collaboration_id=uuid.uuid4().hex,
            initiator_id=initiator_id,
            task_type=task_type,
            required_agents=list(required_agents),
            parameters=dict(parameters),
            objective=objective_table(read_objectives(objective, parameters)),
            constraints=constraint_table(read_constraints(constraints)),
            created_at=now,
            proposals_until=now + timedelta(seconds=part),
            deadline=now + timedelta(seconds=timeout),
            voting=voting,
        )
    except ConfigurationError as error:
        raise TermsError(str(error)) from error
    terms_of(found, 0)
    return found
