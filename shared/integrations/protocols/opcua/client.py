"""What speaks to OPC UA servers: sessions, subscriptions, what they carry, browsing."""

from .browsing import BrowsedTag
from .events import EventKind, SessionEvent
from .export import tags_as_toml
from .monitoring import ChangeBatch, Deadband, MonitoredTag, SubscriptionSettings
from .offers import Offer, ServerCertificate, offers
from .session import OpcUaSession, SessionState
from .subscription import OpcUaSubscription
from .values import OpcUaValue

__all__ = [
    "BrowsedTag",
    "ChangeBatch",
    "Deadband",
    "EventKind",
    "MonitoredTag",
    "Offer",
    "OpcUaSession",
    "OpcUaSubscription",
    "OpcUaValue",
    "ServerCertificate",
    "SessionEvent",
    "SessionState",
    "SubscriptionSettings",
    "offers",
    "tags_as_toml",
]
