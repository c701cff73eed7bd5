"""What can go wrong between agents."""


class CoordinationError(Exception):
    """The error root of this room."""


class UnknownRecipientError(CoordinationError, LookupError):
    """Nobody has that name: no agent was ever seen under it, or there is no such role."""


class SenderError(CoordinationError, ValueError):
    """A message that says it is from somebody else, or an agent that the bus does not let be who it says."""


class ExpiredError(CoordinationError, TimeoutError):
    """The time of a message was over before it was sent."""


class MailRefusedError(CoordinationError):
    """The bus will not keep the message: too large, the mailbox is full, or it may not be sent."""


class NoResponseError(CoordinationError, TimeoutError):
    """No answer within the time."""


class NotThereError(CoordinationError, ConnectionError):
    """The agent is not there to be asked."""


class AgentError(CoordinationError):
    """The other agent answers that it could not do it: `code` for programs, `reason` for people."""

    def __init__(self, agent_id: str, code: str, reason: str) -> None:
        super().__init__(f"{agent_id}: {reason} ({code})")
        self.agent_id = agent_id
        self.code = code
        self.reason = reason


class NotRunningError(CoordinationError, RuntimeError):
    """Used before `start()` or after `stop()`."""
