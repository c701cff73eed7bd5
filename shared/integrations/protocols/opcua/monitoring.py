"""What to subscribe to, and how."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from asyncua import ua
from msgspec import Meta

from integrations.configuration import Checked, Fault

from .node_text import NodeSyntaxError, parse_node
from .values import OpcUaValue


class Deadband(StrEnum):
    """What a change must exceed to be told: nothing, a number, a percentage of EURange."""

    NONE = "none"
    ABSOLUTE = "absolute"
    PERCENT = "percent"


DEADBAND_TYPES = {
    Deadband.NONE: ua.DeadbandType.None_,
    Deadband.ABSOLUTE: ua.DeadbandType.Absolute,
    Deadband.PERCENT: ua.DeadbandType.Percent,
}


class MonitoredTag(Checked, frozen=True):
    """A node to subscribe to; unset fields are those of the subscription's settings."""

    node: Annotated[str, Meta(min_length=1)]
    deadband: Deadband = Deadband.NONE
    deadband_value: Annotated[float, Meta(ge=0)] = 0.0
    sampling_interval_ms: Annotated[float, Meta(ge=0)] | None = None
    queue_size: Annotated[int, Meta(ge=1, le=100_000)] | None = None

    def faults(self) -> Iterable[Fault]:
        """Check node and deadband."""
        try:
            parse_node(self.node)
        except NodeSyntaxError as error:
            yield Fault("", "node", self.node, f"must name a node ({error})")
        if self.deadband is Deadband.PERCENT and self.deadband_value > 100:
            yield Fault(
                "", "deadband_value", self.deadband_value, "must be at most 100 with deadband percent"
            )
        if self.deadband is Deadband.NONE and self.deadband_value:
            yield Fault(
                "", "deadband", self.deadband.value, "must be absolute or percent with a deadband_value"
            )


class SubscriptionSettings(Checked, frozen=True):
    """How the tags of a subscription are sampled, queued and published; the server may revise it.

    `sampling_interval_ms` defaults to the publishing interval. `queue_size` values are kept between two
    publishings, of more the oldest or newest are discarded. With `backfill`, values of an outage are read
    from the server's history after it.
    """

    publishing_interval_ms: Annotated[float, Meta(ge=10, le=3_600_000)] = 1000.0
    sampling_interval_ms: Annotated[float, Meta(ge=0)] | None = None
    queue_size: Annotated[int, Meta(ge=1, le=100_000)] = 10
    discard_oldest: bool = True
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Changes that came together, in the order in which the server sent them.

    `backfilled` values are older ones, read from the server's history.
    """

    values: list[OpcUaValue]
    backfilled: bool = False


def create_request(
    node: ua.NodeId, handle: int, tag: MonitoredTag, settings: SubscriptionSettings, *, deadband: bool
) -> ua.MonitoredItemCreateRequest:
    """Ask for one monitored item, with or without its deadband."""
    interval = next(
        interval
        for interval in (
            tag.sampling_interval_ms,
            settings.sampling_interval_ms,
            settings.publishing_interval_ms,
        )
        if interval is not None
    )
    parameters = ua.MonitoringParameters(
        ClientHandle=handle,
        SamplingInterval=interval,
        QueueSize=tag.queue_size or settings.queue_size,
        DiscardOldest=settings.discard_oldest,
    )
    if deadband and tag.deadband is not Deadband.NONE:
        parameters.Filter = ua.DataChangeFilter(
            Trigger=ua.DataChangeTrigger.StatusValue,
            DeadbandType=DEADBAND_TYPES[tag.deadband],
            DeadbandValue=tag.deadband_value,
        )
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=node, AttributeId=ua.AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=parameters,
    )
