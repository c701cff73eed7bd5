"""What an acquisition service measures, metric by metric."""

from collections import Counter
from collections.abc import Callable, Sequence

from integrations.bus import Outbox, Publisher
from integrations.devices import ConnectionState, PolledConnector, StateChange
from integrations.messages import Origin
from integrations.resilience import CircuitState
from integrations.runtime.metrics import catalogue
from integrations.runtime.metrics.metric import Measures, Values, alone
from integrations.runtime.metrics.outcomes import outcomes

_CIRCUIT = {CircuitState.CLOSED: 0, CircuitState.HALF_OPEN: 1, CircuitState.OPEN: 2}


def measures_of(
    connectors: Sequence[PolledConnector], outbox: Outbox, publisher: Callable[[], Publisher | None]
) -> Measures:
    """Return where the values of each metric come from."""

    def each(read: Callable[[PolledConnector], float]) -> Callable[[], Values]:
        return lambda: [(read(one), {"device": one.device_id}) for one in connectors]

    reconnects = Reconnects(connectors)

    def failures() -> Values:
        return [
            (count, {"device": one.device_id, "kind": kind})
            for one in connectors
            for kind, count in tuple(one.metrics.failures.items())
        ]

    def circuits() -> Values:
        return [
            (_CIRCUIT[one.circuit_breaker.state], {"device": one.device_id})
            for one in connectors
            if one.circuit_breaker
        ]

    return {
        catalogue.POLLS: each(lambda one: one.metrics.total_calls),
        catalogue.POLL_FAILURES: failures,
        catalogue.RETRIES: each(lambda one: one.metrics.total_retries),
        catalogue.OVERRUNS: each(lambda one: one.grid.overruns),
        catalogue.DEVICE_CONNECTED: each(lambda one: one.state is ConnectionState.CONNECTED),
        catalogue.DEVICE_RECONNECTS: each(lambda one: reconnects.counts[one.device_id]),
        catalogue.DEVICE_SIMULATED: each(
            lambda one: one.latest is not None and one.latest.origin is Origin.SIMULATED
        ),
        catalogue.CIRCUIT_STATE: circuits,
        catalogue.OUTBOX_DEPTH: alone(lambda: outbox.depth),
        catalogue.OUTBOX_BYTES: alone(lambda: outbox.size),
        catalogue.OUTBOX_OLDEST: alone(lambda: outbox.oldest_seconds),
        catalogue.OUTBOX_DROPPED: alone(lambda: outbox.dropped),
        catalogue.PUBLISHED: lambda: outcomes(publisher()),
    }


class Reconnects:
    """How often each device was connected again after it had been."""

    def __init__(self, connectors: Sequence[PolledConnector]) -> None:
        self.counts: Counter[str] = Counter()
        self._met = {one.device_id for one in connectors if one.state is ConnectionState.CONNECTED}
        for connector in connectors:
            self._follow(connector.device_id, connector)

    def _follow(self, device_id: str, connector: PolledConnector) -> None:
        def note(change: StateChange) -> None:
            if change.after is not ConnectionState.CONNECTED:
                return
            if device_id in self._met:
                self.counts[device_id] += 1
            self._met.add(device_id)

        connector.on_state(note)
