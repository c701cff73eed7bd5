"""How an agent is there for the others."""

from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked
from integrations.coordination.mailbox.mailbox import CONCURRENCY
from integrations.coordination.presence.directory import HEARTBEAT_SECONDS, OFFLINE_SECONDS


class AgentSettings(Checked, frozen=True):
    """How an agent is there for the others; the defaults are the plant's."""

    location: Annotated[str, Meta(max_length=128)] = ""
    version: Annotated[str, Meta(max_length=128)] = "1.0.0"
    heartbeat_seconds: Annotated[float, Meta(gt=0, le=3600)] = HEARTBEAT_SECONDS
    offline_seconds: Annotated[float, Meta(gt=0, le=86_400)] = OFFLINE_SECONDS
    """How long it may be silent before the others count it as gone."""
    concurrency: Annotated[int, Meta(ge=1, le=1000)] = CONCURRENCY
    """Messages from the mailbox that are worked on at a time."""
