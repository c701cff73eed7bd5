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
        findings, one = find(), publisher()
        trouble = one.trouble if one else ""
        if not trouble:
            return findings
        return Findings(HealthState.UNHEALTHY, [trouble, *findings.troubles], findings.devices)

    return found
