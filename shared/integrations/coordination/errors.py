"""What can go wrong between agents."""


class CoordinationError(Exception):
    """The error root of this room."""


class UnknownRecipientError(CoordinationError, LookupError):
    """Nobody has that name: no agent was ever seen under it, or there is no such role."""
