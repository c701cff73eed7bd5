"""Which message travels on which subject: the table that the published schemas are made from."""

from dataclasses import dataclass

from msgspec import Struct

from .events import Event
from .health import Health
from .readings import CleanBatch, RawBatch


@dataclass(frozen=True)
class Channel:
    """A family of subjects, `<token>` standing for any token, and the message on it."""

    name: str
    subject: str
    summary: str
    message: type[Struct] | None
    """None where the body is the original's, byte for byte."""
    headers: tuple[str, ...] = ()


CHANNELS = (
    Channel(
        "raw",
        "gl.<site>.raw.<device_class>.<source>",
        "Batch of readings as polled from one connection",
        RawBatch,
        ("Nats-Msg-Id", "traceparent"),
    ),
    Channel(
        "clean",
        "gl.<site>.clean.<device_class>.<sensor_id>",
        "Cleaned, checked and scored readings of one sensor",
        CleanBatch,
        ("Nats-Msg-Id", "traceparent"),
    ),
    Channel(
        "latest",
        "$KV.gl_latest.<site>.<device_class>.<sensor_id>",
        "Last clean batch of each sensor: the key-value bucket gl_latest",
        CleanBatch,
    ),
    Channel(
        "event",
        "gl.<site>.event.<service>.<id>",
        "Something that happened to a device, a sensor or a service",
        Event,
        ("Nats-Msg-Id",),
    ),
    Channel(
        "dead",
        "gl.<site>.dead.<stream>",
        "A message that could not be processed, unchanged; the headers say why",
        None,
        ("GL-Dead-Reason", "GL-Dead-Subject", "GL-Dead-Sequence"),
    ),
    Channel(
        "health",
        "gl.<site>.svc.<service>.<instance>.health",
        "Request with an empty body; the reply is the service's health",
        Health,
    ),
)
