"""Names of the NATS headers in use."""

from enum import StrEnum


class Header(StrEnum):
    """NATS header names; values are plain text."""

    CONTENT_TYPE = "Content-Type"
    MESSAGE_ID = "Nats-Msg-Id"
    TRACEPARENT = "traceparent"
    TRACESTATE = "tracestate"
    EXPECTED_SEQUENCE = "Nats-Expected-Last-Subject-Sequence"
    EXPECTED_SUBJECT = "Nats-Expected-Last-Subject-Sequence-Subject"
    TTL = "Nats-TTL"
    KV_OPERATION = "KV-Operation"
    """On a message that takes a key out of a bucket."""
    SCHEDULE = "Nats-Schedule"
    SCHEDULE_TARGET = "Nats-Schedule-Target"
    SCHEDULE_TTL = "Nats-Schedule-TTL"
    CONFIGURATION = "GL-Configuration"
    DEAD_REASON = "GL-Dead-Reason"
    DEAD_SUBJECT = "GL-Dead-Subject"
    DEAD_SEQUENCE = "GL-Dead-Sequence"
