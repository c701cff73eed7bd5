"""What cannot be processed of RAW, as a dead letter."""

from integrations.bus import RAW, Outgoing
from integrations.bus import dead_letter as dead_letter_of
from integrations.messages import split_stored
from integrations.runtime.transformation.intake import Dead


def dead_letter(site: str, dead: Dead) -> Outgoing:
    """Return the dead letter of a message from RAW."""
    return dead_letter_of(site, RAW, dead.message, dead.reason, split_stored(dead.message.subject)[1])
