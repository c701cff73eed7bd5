"""A service's health with what keeps its messages from being stored."""

from collections.abc import Callable

from integrations.bus import Publisher
from integrations.messages import HealthState
from integrations.runtime.endpoints import Findings


def with_storing(
    find: Callable[[], Findings], publisher: Callable[[], Publisher | None]
) -> Callable[[], Findings]:
    """Return what finds as `find` does, and puts first that nothing is stored."""

    def found() -> Findings:
        one = publisher()
        return find().led_by(one.trouble if one else "", HealthState.UNHEALTHY)

    return found
