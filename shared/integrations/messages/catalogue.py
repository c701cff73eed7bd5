"""Which message travels on which subject: the table that the published schemas are made from."""

from .agent_catalogue import AGENT_CHANNELS
from .channel import Channel
from .events import Event
from .headers import Header
from .health import Health
from .readings import CleanBatch, RawBatch
from .requests import CircuitReset, DeviceRequest, Metrics, ReadReply, WriteReply, WriteRequest

CHANNELS = (
    Channel(
        "raw",
        "gl.<site>.raw.<device_class>.<source>",
        "Batch of readings as polled from one connection",
        RawBatch,
        (Header.MESSAGE_ID, Header.TRACEPARENT),
    ),
    Channel(
        "clean",
        "gl.<site>.clean.<device_class>.<sensor_id>",
        "Cleaned, checked and scored readings of one sensor",
        CleanBatch,
        (Header.MESSAGE_ID, Header.TRACEPARENT),
    ),
    Channel(
        "recleaned",
        "gl.<site>.recleaned.<configuration>.<device_class>.<sensor_id>",
        "Readings of the past, cleaned once more under another configuration",
        CleanBatch,
        (Header.MESSAGE_ID, Header.CONFIGURATION),
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
        (Header.MESSAGE_ID,),
    ),
    Channel(
        "dead",
        "gl.<site>.dead.<stream>",
        "A message that could not be processed, unchanged; the headers say why",
        None,
        (Header.DEAD_REASON, Header.DEAD_SUBJECT, Header.DEAD_SEQUENCE),
    ),
    Channel(
        "health",
        "gl.<site>.svc.<service>.<instance>.health",
        "How the service and its devices are",
        Health,
        is_reply=True,
    ),
    Channel(
        "metrics",
        "gl.<site>.svc.<service>.<instance>.metrics",
        "What the service has counted",
        Metrics,
        is_reply=True,
    ),
    Channel(
        "read",
        "gl.<site>.svc.<service>.<instance>.read",
        "The devices read now, with retries, past the polling",
        ReadReply,
        is_reply=True,
        request=DeviceRequest,
    ),
    Channel(
        "write",
        "gl.<site>.svc.<service>.<instance>.write",
        "A tag written, read back and compared; each try is an event too",
        WriteReply,
        is_reply=True,
        request=WriteRequest,
    ),
    Channel(
        "reset_circuit",
        "gl.<site>.svc.<service>.<instance>.reset_circuit",
        "Circuits closed by hand",
        CircuitReset,
        is_reply=True,
        request=DeviceRequest,
    ),
    *AGENT_CHANNELS,
)
