"""What a meter's getters look back on; one record for what was measured, another for what was simulated."""

from dataclasses import dataclass, field

from integrations.devices.window import Window

from .integrator import FlowIntegrator
from .readings import TotalizerState
from .totalizer import TotalizerTracker


@dataclass
class FlowRecord:
    """Recent flows and the totaliser of one origin, so that the two never mix."""

    tracker: TotalizerTracker
    """Follows the meter's own totaliser."""
    integrator: FlowIntegrator
    """Adds up the flow where the meter has none."""
    window: Window = field(default_factory=Window)
    totalizer: TotalizerState = field(default_factory=TotalizerState)
    is_computed: bool = False
    """Whether the total was added up here."""

    def restart_totalizer(self) -> None:
        """Count from 0 again."""
        self.totalizer = TotalizerState()
        self.integrator.restart()
