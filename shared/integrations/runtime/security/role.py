"""A role on the bus: what it may publish and listen to; and the usual grants, by name."""

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.bus import EVENTS

_API = "$JS.API"
_DISCOVERY = ("PING", "INFO", "STATS")
TO_EVERY_SERVICE = tuple(f"$SRV.{verb}" for verb in _DISCOVERY)
"""Where all services are asked at once; no other account can be asked that, and ask it too."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Subjects that may be published to and listened to. What is in `never` may not be, whatever else is."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    answers: bool = False
    """Whether requests may be answered: once each, wherever they asked for the answer."""
    serves: tuple[str, ...] = ()
    """Of what is listened to: where others ask, of a role with an account of its own."""
    signed: tuple[str, ...] = ()
    """Of what is published from an account of its own: where the server puts `signature` behind it."""
    signature: str = ""

    def __add__(self, other: "Grant") -> "Grant":
        return Grant(
            self.publish + other.publish,
            self.subscribe + other.subscribe,
            self.never + other.never,
            self.answers or other.answers,
            self.serves + other.serves,
            self.signed + other.signed,
            self.signature or other.signature,
        )


@dataclass(frozen=True, slots=True)
class Role:
    """One user of the bus; the server refuses whatever is not granted.

    Answers to a role go to an inbox of its own, which no other role can listen to.
    """

    name: str
    grant: Grant
    apart: bool = False
    """Whether it has an account of its own; see `accounts`."""

    @property
    def inbox(self) -> str:
        """Where answers to this role go."""
        return f"_INBOX_{self.name}"


def serving(site: str, service: str, streams: Iterable[str]) -> Grant:
    """Grant what every service does: be found, be asked, tell events, look whether the streams are there."""
    verbs = TO_EVERY_SERVICE
    own = (
        *(f"{verb}.{service}" for verb in verbs),
        *(f"{verb}.{service}.*" for verb in verbs),
        f"gl.{site}.svc.{service}.>",
    )
    looks = (
        f"{_API}.STREAM.NAMES",
        f"{_API}.STREAM.LIST",
        *(f"{_API}.STREAM.INFO.{stream}" for stream in streams),
    )
    events = f"gl.{site}.event.{service}.*"
    return Grant(
        publish=(events, f"{_API}.DIRECT.GET.{EVENTS}.{events}", *looks),
        subscribe=(*verbs, *own),
        answers=True,
        serves=own,
    )


def finding() -> Grant:
    """Grant asking who is there."""
    return Grant(publish=tuple(f"$SRV.{verb}{rest}" for verb in _DISCOVERY for rest in ("", ".*", ".*.*")))


def looking_up(*streams: str) -> Grant:
    """Grant reading single messages and ranges, with nothing left on the server."""
    return Grant(
        publish=(
            *(f"{_API}.STREAM.INFO.{stream}" for stream in streams),
            *(f"{_API}.DIRECT.GET.{stream}{rest}" for stream in streams for rest in ("", ".>")),
        )
    )


def following(*streams: str) -> Grant:
    """Grant reading a stream in order by consumers of its own, which the server forgets."""
    return Grant(
        publish=tuple(
            f"{_API}.{verb}.{stream}{rest}"
            for stream in streams
            for verb, rest in (
                ("STREAM.INFO", ""),
                ("CONSUMER.CREATE", ""),
                ("CONSUMER.DELETE", ".*"),
                ("CONSUMER.MSG.NEXT", ".*"),
            )
        )
    )


def pulling(stream: str, consumer: str) -> Grant:
    """Grant reading by one durable consumer that somebody else has made, acknowledgements included.

    Who makes a consumer says where it delivers, and the server asks nobody whether that is allowed.
    """
    calls = tuple(f"{_API}.CONSUMER.{verb}.{stream}.{consumer}" for verb in ("INFO", "MSG.NEXT"))
    return Grant(publish=(*calls, f"$JS.ACK.{stream}.{consumer}.>"))


def consuming(stream: str, consumer: str) -> Grant:
    """Grant one durable consumer, from its making on."""
    create = f"{_API}.CONSUMER.CREATE.{stream}.{consumer}"
    # the filter of a consumer stands behind its name where there is one only
    made = (create, f"{create}.>", f"{_API}.CONSUMER.RESET.{stream}.{consumer}")
    return pulling(stream, consumer) + Grant(publish=made)


def watching(bucket: str, keys: str) -> Grant:
    """Grant reading the values of a bucket and hearing of new ones."""
    return looking_up(f"KV_{bucket}") + Grant(subscribe=(f"$KV.{bucket}.{keys}",))


def putting(bucket: str, keys: str) -> Grant:
    """Grant putting values into a bucket."""
    return Grant(publish=(f"$KV.{bucket}.{keys}",))
