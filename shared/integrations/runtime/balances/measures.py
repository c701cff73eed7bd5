"""What the service of balances measures, metric by metric."""

from collections.abc import Callable, Mapping, Sequence

from integrations.bus import Publisher
from integrations.runtime.balances.tracker import Tracker
from integrations.runtime.metrics import catalogue
from integrations.runtime.metrics.metric import Measures, Values, alone
from integrations.runtime.metrics.outcomes import outcomes


def measures_of(
    trackers: Sequence[Tracker], counts: Callable[[], Mapping[str, int | float]], publisher: Publisher
) -> Measures:
    """Return where the values of each metric come from."""

    def each(read: Callable[[Tracker], float]) -> Callable[[], Values]:
        return lambda: [(read(one), {"balance": one.config.balance_id}) for one in trackers]

    return {
        catalogue.BALANCES: each(lambda one: one.drawn_up),
        catalogue.BALANCES_FAILED: each(lambda one: one.failed),
        catalogue.BALANCE_SUSPECTS: each(lambda one: len(one.suspects)),
        catalogue.BALANCES_PENDING: alone(lambda: counts()["consumer_pending"]),
        catalogue.PUBLISHED: lambda: outcomes(publisher),
    }
