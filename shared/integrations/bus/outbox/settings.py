"""How much an outbox may keep, and where."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked


class OutboxSettings(Checked, frozen=True):
    """Bounds of what waits on the disk while the bus is away; what is over them goes, the oldest first."""

    folder: Annotated[str, Meta(min_length=1)] | None = None
    """Where the files are; without it what systemd or the user's environment calls the state folder."""
    max_bytes: Annotated[int, Meta(ge=1024 * 1024)] = 1024**3
    """For each service."""
    max_age_hours: Annotated[float, Meta(gt=0, le=87_600)] = 7 * 24.0
    drain_per_second: Annotated[float, Meta(ge=1)] = 2000.0
    """Messages of the past sent in a second, beside as many as come in."""


def state_folder() -> Path:
    """Return where this user's services keep what outlives them."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    if home := os.environ.get("XDG_STATE_HOME"):
        return Path(home) / "gl003"
    try:
        return Path.home() / ".local" / "state" / "gl003"
    except RuntimeError:  # a user without a home, as in a container under a number that nobody knows
        return Path(tempfile.gettempdir()) / "gl003-state"
