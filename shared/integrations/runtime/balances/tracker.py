"""One balance over time: clean readings in, a balance for each period out, suspects named on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import structlog

from integrations.balances import (
    BalanceError,
    Change,
    Monitor,
    Period,
    Periods,
    Reconciliation,
    Verdict,
    agree,
)
from integrations.messages import CleanBatch
from integrations.runtime.balances.config import BalanceConfig
from integrations.runtime.balances.inlet import Inlet
from integrations.runtime.balances.model import Balance, Values

SECOND_NS = 1_000_000_000
NO_CHANGE = Change((), ())

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The balance of one period."""

    period: Period
    measured: Values
    """By variable; NaN where nothing was, assumed values included."""
    reconciled: Reconciliation | None
    """Without what is suspect; None where there is no solution."""
    agreed: bool
    """Whether what was reconciled passed the tests."""
    estimated: frozenset[int]
    """Variables whose value is none of a measurement's own: not measured, or suspect."""
    change: Change
    verdict: Verdict | None
    """What the tests said of the window."""


class Tracker:
    """Draws up one balance again and again; times are those of the readings, never a clock's."""

    def __init__(self, config: BalanceConfig) -> None:
        self.config = config
        self.balance = Balance(config)
        self.inlets = {
            sensor: Inlet(self.balance.roles[at], config.barometer_bar)
            for sensor, at in self.balance.sensors.items()
        }
        self.drawn_up = self.failed = 0
        """Periods with a balance, and without."""
        self.trouble = ""
        """Why the last period has no balance, if it has none."""
        self._measured = sorted(self.balance.sensors.values())
        self._slots = {sensor: self._measured.index(at) for sensor, at in self.balance.sensors.items()}
        self._periods = Periods(len(self._slots), _ns(config.period_seconds), _ns(config.patience_seconds))
        self._monitor = Monitor(
            self.balance.find,
            max(1, round(config.window_seconds / config.period_seconds)),
            max(1, round(config.confirm_seconds / config.period_seconds)),
        )

    @property
    def suspects(self) -> frozenset[int]:
        """Variables that are suspect at present."""
        return self._monitor.suspects

    @property
    def simulated(self) -> bool:
        """Whether any of the readings is."""
        return any(inlet.simulated for inlet in self.inlets.values())

    @property
    def raw_sequence(self) -> int:
        """Sequence in RAW of the newest reading."""
        return max(inlet.raw_sequence for inlet in self.inlets.values())

    @property
    def late(self) -> int:
        """Samples that came after their period had ended."""
        return self._periods.late

    def troubles(self) -> list[str]:
        """Return what keeps the balance from being whole, in words."""
        unheard = [sensor for sensor, inlet in self.inlets.items() if not inlet.raw_sequence]
        silent = [f"{self.config.balance_id} has heard nothing of {', '.join(unheard)}"] if unheard else []
        told = [self.trouble, *(inlet.trouble for inlet in self.inlets.values())]
        return [*silent, *(trouble for trouble in told if trouble)]

    def take(self, batch: CleanBatch) -> None:
        """Take readings of one of its sensors; others are passed over."""
        inlet = self.inlets.get(batch.sensor_id)
        if inlet is not None:
            self._periods.add(self._slots[batch.sensor_id], inlet.read(batch))

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the balances of the periods that have ended since the last call, oldest first."""
        for period in self._periods.ended():
            yield self._outcome(period)

    def _outcome(self, period: Period) -> Outcome:
        measured = np.full(len(self.balance.names), np.nan)
        measured[self._measured] = period.values
        values = self.balance.complete(measured)
        trouble, change, reconciled = "", NO_CHANGE, None
        try:
            change = self._monitor.add(values)
            trusted = values.copy()
            trusted[sorted(self.suspects)] = np.nan
            reconciled = self.balance.reconcile(trusted)
        except BalanceError as error:
            trouble = f"{self.config.balance_id} cannot be drawn up: {error}"
        self._note(trouble)
        estimated = frozenset(np.flatnonzero(np.isnan(measured)).tolist()) | self.suspects
        agreed = reconciled is not None and agree(reconciled, self.config.significance)
        return Outcome(period, values, reconciled, agreed, estimated, change, self._monitor.verdict)

    def _note(self, trouble: str) -> None:
        if trouble:
            self.failed += 1
        else:
            self.drawn_up += 1
        if trouble and not self.trouble:
            log.warning("balance cannot be drawn up", balance=self.config.balance_id, reason=trouble)
        self.trouble = trouble


def _ns(seconds: float) -> int:
    return round(seconds * SECOND_NS)
