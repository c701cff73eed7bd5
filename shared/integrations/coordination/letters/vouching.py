"""Whose message it is, where the server says so: agents with accounts of their own are named in subjects."""

from integrations.messages import sender_of_subject


def forged(named: str, subject: str) -> str:
    """Return what is wrong with the sender that a message names; nothing where it is right or not known."""
    sender = sender_of_subject(subject)
    if sender is None or sender == named:
        return ""
    return f"it names {named!r} as its sender, but the server says that {sender!r} has sent it"
