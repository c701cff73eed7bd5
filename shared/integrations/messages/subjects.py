"""Every subject of a site, built and parsed here and nowhere else."""

import re
from dataclasses import dataclass
from functools import lru_cache

from .errors import MessageError

LONGEST_TOKEN = 128
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_TOKEN}}}")
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9_-]+")
PARTITIONS = 64
"""Parts that the sources of a site are cleaned in; a source is always in the same one. Chosen once."""
_RAW_TOKENS = 5
NO_SITES = ("agent", "task", "collab")
"""What stands in the place of the site between agents."""
_SITE_KINDS = {
    "raw": ("device_class", "source"),
    "clean": ("device_class", "sensor_id"),
    "recleaned": ("configuration", "device_class", "sensor_id"),
    "event": ("service", "id"),
    "dead": ("stream",),
    "svc": ("service", "instance", "endpoint"),
}


class SubjectError(MessageError):
    """A subject or one of its tokens is not allowed."""


@lru_cache(maxsize=8192)  # the same few thousand names, in nearly every message
def check_token(name: str, token: str) -> str:
    """Return `token` if it may stand in a subject; `name` is what the error calls it."""
    if not _TOKEN.fullmatch(token):
        raise SubjectError(f"{name} must be 1 to {LONGEST_TOKEN} letters, digits, _ or -, got {token!r}")
    return token


def check_site(site: str) -> str:
    """Return `site` if a site may be called that."""
    if site in NO_SITES:
        raise SubjectError(f"site must not be {', '.join(NO_SITES)}: subjects of agents, got {site!r}")
    return check_token("site", site)


def token_from(text: str) -> str:
    """Make a token of any text (a host name, an address): each run of other characters becomes one `_`."""
    if _TOKEN.fullmatch(text):
        return text
    return _NOT_TOKEN.sub("_", text).strip("_")[:LONGEST_TOKEN] or "_"


@dataclass(frozen=True)
class Subject:
    """A parsed subject: `kind` is raw, clean, recleaned, event, dead or svc; the tokens by name."""

    site: str
    kind: str
    tokens: dict[str, str]


@dataclass(frozen=True)
class Subjects:
    """The subjects of one site."""

    site: str

    def __post_init__(self) -> None:
        check_site(self.site)

    def raw(self, device_class: str, source: str) -> str:
        """Batches of readings as polled from one connection."""
        return self._build("raw", device_class, source)

    def clean(self, device_class: str, sensor_id: str) -> str:
        """Cleaned readings of one sensor."""
        return self._build("clean", device_class, sensor_id)

    def recleaned(self, configuration: str, device_class: str, sensor_id: str) -> str:
        """Readings of one sensor, cleaned once more under another configuration."""
        return self._build("recleaned", configuration, device_class, sensor_id)

    def event(self, service: str, subject_id: str) -> str:
        """Events of one service about one thing."""
        return self._build("event", service, subject_id)

    def dead(self, stream: str) -> str:
        """What could not be processed of a stream."""
        return self._build("dead", stream)

    def service(self, service: str, instance: str, endpoint: str) -> str:
        """Request and reply with one instance of a service."""
        return self._build("svc", service, instance, endpoint)

    def every(self, kind: str) -> str:
        """All subjects of one kind: a filter, not a subject to publish to."""
        if kind not in _SITE_KINDS:
            raise SubjectError(f"kind must be one of {', '.join(_SITE_KINDS)}, got {kind!r}")
        return f"gl.{self.site}.{kind}.>"

    def partition(self, number: int) -> str:
        """All raw batches of a partition as the stream has them: a filter, not a subject to publish to."""
        return f"gl.{self.site}.raw.{number}.*.*"

    def fence(self, partition: int) -> str:
        """Where it is written who cleans a partition, and in front of whose clean readings it stands."""
        return f"gl.{self.site}.fence.{partition}"

    def latest_key(self, device_class: str, sensor_id: str) -> str:
        """Key of a sensor's last clean value in the bucket `gl_latest`."""
        tokens = (check_token("device_class", device_class), check_token("sensor_id", sensor_id))
        return ".".join((self.site, *tokens))

    def sensor_settings_key(self, sensor_id: str) -> str:
        """Key of a sensor's live limits in the bucket `gl_config`: the path of its table in the TOML file."""
        return f"{self.site}.transformation.sensors.{check_token('sensor_id', sensor_id)}"

    def _build(self, kind: str, *tokens: str) -> str:
        for name, token in zip(_SITE_KINDS[kind], tokens, strict=True):
            check_token(name, token)
        return ".".join(("gl", self.site, kind, *tokens))


def parse_subject(subject: str) -> Subject:
    """Take a subject apart.

    Raises:
        SubjectError: not a subject of ours, or a token that is not allowed.
    """
    head, *rest = subject.split(".")
    if head != "gl" or len(rest) < 2 or rest[1] not in _SITE_KINDS:
        raise SubjectError(f"subject must be gl.<site>.<{'|'.join(_SITE_KINDS)}>.…, got {subject!r}")
    site, kind, *tokens = rest
    names = _SITE_KINDS[kind]
    if len(tokens) != len(names):
        raise SubjectError(f"subject must be gl.<site>.{kind}.<{'>.<'.join(names)}>, got {subject!r}")
    check_site(site)
    return Subject(
        site, kind, {name: check_token(name, token) for name, token in zip(names, tokens, strict=True)}
    )


@lru_cache(maxsize=8192)  # the same few thousand sources for ever
def partition_of(device_class: str, source: str) -> int:
    """Return the partition of a source, as nats-server works it out: FNV-1a of both tokens."""
    digest = 0x811C9DC5
    for byte in f"{device_class}{source}".encode():
        digest = (digest ^ byte) * 0x01000193 & 0xFFFFFFFF
    return digest % PARTITIONS


def stored_subject(subject: str) -> str:
    """Return the subject that a stream has a message under: a raw batch under its partition."""
    tokens = subject.split(".")
    if len(tokens) == _RAW_TOKENS and tokens[2] == "raw":
        return ".".join((*tokens[:3], str(partition_of(*tokens[-2:])), *tokens[3:]))
    return subject


@lru_cache(maxsize=8192)  # as above
def split_stored(subject: str) -> tuple[int, str]:
    """Return partition and published subject of a raw batch by the subject that the stream has it under.

    The stream puts the partition before the device class; what is older than partitions has none there.
    """
    tokens = subject.split(".")
    if len(tokens) == _RAW_TOKENS + 1 and tokens[3].isdecimal():
        return int(tokens[3]), ".".join((*tokens[:3], *tokens[4:]))
    return partition_of(*tokens[-2:]), subject
