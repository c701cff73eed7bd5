"""What a meter's getters look back on; one record for what was measured, another for what was simulated."""

from dataclasses import dataclass, field

from integrations.devices.window import Window

from .readings import TotalizerState
from .totalizer import TotalizerTracker


@dataclass
class FlowRecord:
    """Recent flows and the totaliser of one origin, so that the two never mix."""

    tracker: TotalizerTracker
    window: Window = field(default_factory=Window)
    totalizer: TotalizerState = field(default_factory=TotalizerState)
