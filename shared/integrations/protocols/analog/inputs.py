"""One signal at an analog module: where it comes in and what it stands for."""

from typing import Annotated

from msgspec import Meta

from .scaling import CurrentScaling


class AnalogInput(CurrentScaling, frozen=True):
    """A channel of a module (0-based) and its scaling; `damping_seconds` is a first-order time constant."""

    channel: Annotated[int, Meta(ge=0, le=65535)] = 0
    unit: str = ""
    damping_seconds: Annotated[float, Meta(ge=0)] = 0.0
