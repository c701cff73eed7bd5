"""What a balance has found, in words and facts: events about the sensors that it suspects."""

from integrations.balances import Suspicion
from integrations.messages import Severity
from integrations.runtime.balances.config import Role
from integrations.runtime.balances.tracker import Outcome, Tracker
from integrations.runtime.balances.virtual import virtual_id
from integrations.runtime.events import EventReporter, Fact

SUSPECT, RESTORED = "balance_suspect", "balance_restored"
DIFFERENCE_UNITS = {
    Role.FLOW: "t/hr",
    Role.PRESSURE: "bar",
    Role.DROP: "bar",
    Role.TEMPERATURE: "K",
    Role.POWER: "kW",
}
"""Units of errors: an error has no reference and no zero."""


def tell(events: EventReporter, tracker: Tracker, outcome: Outcome) -> None:
    """Tell what the outcome changed about who is suspect."""
    for suspicion in outcome.change.named:
        _tell_suspect(events, tracker, outcome, suspicion)
    for at in outcome.change.restored:
        sensor = subject_of(tracker, at)
        text = f"{sensor} agrees with the others again, by the balance {tracker.config.balance_id}"
        events.tell(sensor, RESTORED, text, balance=tracker.config.balance_id)


def subject_of(tracker: Tracker, at: int) -> str:
    """Return the sensor of a variable; of one that is assumed, its virtual sensor."""
    name = tracker.balance.names[at]
    return tracker.config.variables[name].sensor or virtual_id(tracker.config.balance_id, name)


def _tell_suspect(events: EventReporter, tracker: Tracker, outcome: Outcome, suspicion: Suspicion) -> None:
    sensor, *others = (subject_of(tracker, at) for at in suspicion.candidates)
    unit = DIFFERENCE_UNITS[tracker.balance.roles[suspicion.candidates[0]]]
    size = f"{abs(suspicion.error):.3g} {unit} too {'much' if suspicion.error > 0 else 'little'}"
    balance_id = tracker.config.balance_id
    text = f"{sensor} shows {size} (± {suspicion.error_uncertainty:.2g}), by the balance {balance_id}"
    if others:
        text += f"; it cannot tell it from {', '.join(others)}"
    events.tell(
        sensor,
        SUSPECT,
        text,
        Severity.WARNING,
        balance=balance_id,
        candidates=", ".join([sensor, *others]),
        error=suspicion.error,
        error_uncertainty=suspicion.error_uncertainty,
        unit=unit,
        test=suspicion.test,
        period_end_ns=outcome.period.end_ns,
        **_global_test(outcome),
    )


def _global_test(outcome: Outcome) -> dict[str, Fact]:
    if outcome.verdict is None:
        return {}
    whole = outcome.verdict.whole
    return {"statistic": whole.statistic, "critical": outcome.verdict.critical, "degrees": whole.degrees}
