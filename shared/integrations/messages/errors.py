"""The error root of this room."""


class MessageError(ValueError):
    """A message or a subject is not what it claims to be."""
