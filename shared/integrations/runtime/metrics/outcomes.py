"""What became of the messages that a service published."""

from dataclasses import asdict

from integrations.bus import Publisher
from integrations.runtime.metrics.metric import Values


def outcomes(publisher: Publisher | None) -> Values:
    """Return a publisher's counts by outcome."""
    counted = asdict(publisher.statistics) if publisher else {}
    return [(count, {"outcome": outcome}) for outcome, count in counted.items()]
