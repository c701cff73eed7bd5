"""Text from the wire, made fit for a terminal."""


def printable(text: str) -> str:
    """Return `text` without what could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
