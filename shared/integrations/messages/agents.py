"""Agents: who they are, what they can do, and what they say to each other."""

from enum import IntEnum, StrEnum
from typing import Annotated

from msgspec import Meta, field

from .agent_fields import AgentChecked, JsonObject, Recipient, Text, Time
from .fields import SCHEMA_VERSION, Label, Token, Version

MAX_TTL_SECONDS = 30 * 24 * 3600
MAX_CAPABILITIES = 100
MAX_LISTED = 100_000


class AgentRole(StrEnum):
    """What an agent is there for."""

    ORCHESTRATOR = "orchestrator"
    BOILER_OPTIMIZER = "boiler_optimizer"
    HEAT_RECOVERY = "heat_recovery"
    BURNER_CONTROLLER = "burner_controller"
    FEEDWATER_OPTIMIZER = "feedwater_optimizer"
    STEAM_DISTRIBUTION = "steam_distribution"
    MONITORING = "monitoring"
    ANALYTICS = "analytics"


class MessageType(StrEnum):
    """What a message is to its recipient."""

    REQUEST = "request"
    RESPONSE = "response"
    NOTIFICATION = "notification"
    COMMAND = "command"
    STATUS = "status"
    SYNC = "sync"
    BROADCAST = "broadcast"
    HEARTBEAT = "heartbeat"


class MessagePriority(IntEnum):
    """How much a message hurries; 1 goes first."""

    CRITICAL = 1
    HIGH = 2
    NORMAL = 3
    LOW = 4
    BACKGROUND = 5


class AgentMessage(AgentChecked, frozen=True):
    """One agent to another, to all of a role, or to all.

    `payload["action"]`, where there is one, chooses the handler. A RESPONSE names in `correlation_id` the
    message that it answers; where that failed, `payload["error"]` has a `code` and a `reason`.
    """

    message_id: Token
    """Under one id a message is delivered once, however often it is sent."""
    sender_id: Token
    recipient_id: Recipient
    message_type: MessageType
    priority: MessagePriority
    timestamp: Time
    payload: JsonObject
    requires_response: bool = False
    correlation_id: Token | None = None
    ttl: Annotated[int, Meta(ge=1, le=MAX_TTL_SECONDS, description="seconds from timestamp")] = 3600
    retry_count: Annotated[int, Meta(ge=0, le=1000)] = 0
    """Deliveries before this one."""
    max_retries: Annotated[int, Meta(ge=0, le=100)] = 3
    schema: Version = SCHEMA_VERSION


class AgentCapability(AgentChecked, frozen=True):
    """Something that an agent can do for others."""

    capability_name: Token
    """A task type, or an action."""
    description: Text
    parameters: JsonObject
    performance_metrics: JsonObject
    availability: bool = True
    max_concurrent_tasks: Annotated[int, Meta(ge=1, le=10_000)] = 10


Capabilities = Annotated[list[AgentCapability], Meta(max_length=MAX_CAPABILITIES)]


class AgentProfile(AgentChecked, frozen=True):
    """An agent as the others know it: the bucket gl_agents has the profile of each."""

    agent_id: Token
    role: AgentRole
    capabilities: Annotated[list[AgentCapability], Meta(max_length=MAX_CAPABILITIES)] = field(
        default_factory=list
    )
    status: Label = "online"
    location: Label = ""
    version: Label = "1.0.0"
    last_heartbeat: Time | None = None
    performance_score: Annotated[float, Meta(ge=0, le=100)] = 100.0
    current_load: Annotated[float, Meta(ge=0)] = 0.0
    max_load: Annotated[float, Meta(gt=0)] = 100.0
    schema: Version = SCHEMA_VERSION


class AgentHeartbeat(AgentChecked, frozen=True):
    """An agent is alive, and how busy it is; its key in gl_agents ends unless it comes again."""

    agent_id: Token
    timestamp: Time
    status: Label = "online"
    since: Time | None = None
    """When it came."""
    performance_score: Annotated[float, Meta(ge=0, le=100)] = 100.0
    current_load: Annotated[float, Meta(ge=0)] = 0.0
    max_load: Annotated[float, Meta(gt=0)] = 100.0
    schema: Version = SCHEMA_VERSION


class AgentList(AgentChecked, frozen=True):
    """Answer of the `agents` endpoint: every agent that ever registered, as it is now."""

    agents: Annotated[list[AgentProfile], Meta(max_length=MAX_LISTED)]
    schema: Version = SCHEMA_VERSION
