"""The bus: NATS with JetStream; connection, streams, publishing, consuming, request and reply."""

from .agent_streams import (
    AGENT_BUCKET,
    AGENTS,
    COLLAB,
    NOTICES,
    RETOLD,
    STATE_BUCKET,
    TASK_BUCKET,
    TASKS,
    agent_stream_configs,
    is_retold,
    retold_configs,
)
from .client import Heard, Hearer
from .connection import Bus, BusEvent, BusEventKind
from .dead_letters import dead_letter
from .embedded import MAX_PAYLOAD, EmbeddedServer
from .environment import BUS_VARIABLES, STREAM_VARIABLES, bus_from, streams_from
from .errors import (
    BusClosedError,
    BusError,
    BusForbiddenError,
    BusUnreachableError,
    EmbeddedServerError,
    JetStreamError,
    JetStreamUnavailableError,
    StreamConflictError,
)
from .latest import Latest, Value
from .listening import listening
from .members import HEARTBEAT_SECONDS, LEASE_SECONDS, Members
from .opening import find_or_embed, open_bus, open_or_keep_bus
from .outbox.disk import DiskOutbox
from .outbox.memory import Gap, MemoryOutbox, Outbox
from .outbox.settings import OutboxSettings
from .outbox.store import Trouble
from .patience import patiently
from .publishing.forwarder import Forwarder
from .publishing.outgoing import Ack, Outgoing, PublishRefusedError, Refusal
from .publishing.publisher import Publisher, PublishStatistics
from .reading.consumer import PullConsumer
from .reading.direct import Stored, last, last_per_subject, newest, replay, since, subjects_of
from .reading.durable import Durable, ServerTooOldError
from .reading.follower import Follower
from .reading.ordered import OrderedConsumer
from .reading.received import Received
from .reading.shared import SharedConsumer
from .reply_inbox import ReplyInbox, nobody, respond
from .scratch import ScratchFolder
from .service import BusService, Endpoint, EndpointError, Reply, Request
from .settings import BusSettings
from .streams import (
    CLEAN,
    CONFIG_BUCKET,
    DEAD,
    EVENTS,
    LATEST_BUCKET,
    RAW,
    REPLICA_BUCKET,
    StreamSettings,
    covers,
    ensure_streams,
    stream_configs,
)
from .turn import Turn
from .wire import NotSendableError

__all__ = [
    "AGENTS",
    "AGENT_BUCKET",
    "BUS_VARIABLES",
    "CLEAN",
    "COLLAB",
    "CONFIG_BUCKET",
    "DEAD",
    "EVENTS",
    "HEARTBEAT_SECONDS",
    "LATEST_BUCKET",
    "LEASE_SECONDS",
    "MAX_PAYLOAD",
    "NOTICES",
    "RAW",
    "REPLICA_BUCKET",
    "RETOLD",
    "STATE_BUCKET",
    "STREAM_VARIABLES",
    "TASKS",
    "TASK_BUCKET",
    "Ack",
    "Bus",
    "BusClosedError",
    "BusError",
    "BusEvent",
    "BusEventKind",
    "BusForbiddenError",
    "BusService",
    "BusSettings",
    "BusUnreachableError",
    "DiskOutbox",
    "Durable",
    "EmbeddedServer",
    "EmbeddedServerError",
    "Endpoint",
    "EndpointError",
    "Follower",
    "Forwarder",
    "Gap",
    "Heard",
    "Hearer",
    "JetStreamError",
    "JetStreamUnavailableError",
    "Latest",
    "Members",
    "MemoryOutbox",
    "NotSendableError",
    "OrderedConsumer",
    "Outbox",
    "OutboxSettings",
    "Outgoing",
    "PublishRefusedError",
    "PublishStatistics",
    "Publisher",
    "PullConsumer",
    "Received",
    "Refusal",
    "Reply",
    "ReplyInbox",
    "Request",
    "ScratchFolder",
    "ServerTooOldError",
    "SharedConsumer",
    "Stored",
    "StreamConflictError",
    "StreamSettings",
    "Trouble",
    "Turn",
    "Value",
    "agent_stream_configs",
    "bus_from",
    "covers",
    "dead_letter",
    "ensure_streams",
    "find_or_embed",
    "is_retold",
    "last",
    "last_per_subject",
    "listening",
    "newest",
    "nobody",
    "open_bus",
    "open_or_keep_bus",
    "patiently",
    "replay",
    "respond",
    "retold_configs",
    "since",
    "stream_configs",
    "streams_from",
    "subjects_of",
]
