"""Which message travels on which subject: the table that the published schemas are made from."""

from dataclasses import dataclass

from msgspec import Struct

from .events import Event
from .health import Health
from .readings import CleanBatch, RawBatch
from .requests import CircuitReset, DeviceRequest, Metrics, ReadReply


@dataclass(frozen=True)
class Channel:
    """A family of subjects, `<token>` standing for any token, and the message on it."""

    name: str
    subject: str
    summary: str
    message: type[Struct] | None
    """None where the body is the original's, byte for byte."""
    headers: tuple[str, ...] = ()
    request: type[Struct] | None = None
    """Body of the request, where the message is its reply."""


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
        "Reply to an empty request: how the service and its devices are",
        Health,
    ),
    Channel(
        "metrics",
        "gl.<site>.svc.<service>.<instance>.metrics",
        "Reply to an empty request: what the service has counted",
        Metrics,
    ),
    Channel(
        "read",
        "gl.<site>.svc.<service>.<instance>.read",
        "Reply to a DeviceRequest: the devices read now, with retries, past the polling",
        ReadReply,
        request=DeviceRequest,
    ),
    Channel(
        "reset_circuit",
        "gl.<site>.svc.<service>.<instance>.reset_circuit",
        "Reply to a DeviceRequest: circuits closed by hand",
        CircuitReset,
        request=DeviceRequest,
    ),
)
