"""What an agent has for working with others on one answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.coordination.collaboration.optimizer import (
    TIMEOUT_SECONDS,
    CollaborativeOptimizer,
    Proposer,
    Voter,
)


class Collaborating:
    """An agent that asks others for proposals and makes its own; a part of AgentCoordinator."""

    collaborations: CollaborativeOptimizer
    """Everything else that can be done in collaborations."""

    async def request_collaboration(
        self,
        task_type: str,
        required_agents: Sequence[str],
        parameters: Mapping[str, Any] | None = None,
        *,
        objective: Any = None,
        constraints: Any = None,
        timeout: float = TIMEOUT_SECONDS,
        voting: bool = False,
    ) -> str:
        """Ask agents to work on something together; returns the id of the collaboration.

        They are invited at once and have `timeout` seconds; the result goes to all of them, and is what
        `collaborations.result(id)` returns. See CollaborativeOptimizer.start_optimization for the objective:
        without one, each parameter `target_<metric>` is.

        Raises:
            TermsError: what is asked cannot be; the text names it.
            CollaborationError: not started, or the bus does not take it.
        """
        return await self.collaborations.start_optimization(
            objective,
            required_agents,
            constraints,
            timeout,
            task_type=task_type,
            parameters=parameters,
            voting=voting,
        )

    def on_collaboration(self, proposer: Proposer) -> None:
        """Have `proposer`, plain or async, called with each invitation.

        It returns a proposal (numbers by metric and whatever else), True to propose later by
        `collaborations.submit_proposal`, or None to decline. Without one every invitation is declined.
        """
        self.collaborations.proposer = proposer

    def on_ballot(self, voter: Voter) -> None:
        """Have `voter` called with the proposals by id; it returns whether it approves of each, by id."""
        self.collaborations.voter = voter
