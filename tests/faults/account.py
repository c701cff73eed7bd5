"""What became of each number that the device gave away: clean, told as missing, or lost."""

from collections import Counter
from dataclasses import dataclass, field

from fakes.site import Stored
from integrations.bus import replay
from integrations.messages import Event, Header, decode

from .site import SITE, Site

IN_HAND_NS = 450_000_000
"""What a service was given so shortly before it was killed may die with it: sender and outbox are patient."""
CLOCK_NS = 1_000_000_000
END = 2**63
"""When the next life begins of a service that nobody starts again."""


@dataclass
class Account:
    """Samples by what became of them; a sample is one number of one sensor."""

    given: int = 0
    clean: int = 0
    told: int = 0
    """The poll failed for the service: samples without value stand in CLEAN in their place."""
    unheard: int = 0
    """Given away while the device or its line was at fault; the service never had them."""
    in_hand: int = 0
    """Died with the service that had just asked for them, and its next life tells since when it was away."""
    gaps: int = 0
    """Dropped by a full outbox, with an event."""
    dropped_messages: int = 0
    """How many messages these were in, by the events."""
    lost: int = 0
    twice: int = 0
    late: int = 0
    raw_lost: int = 0
    raw_twice: int = 0
    examples: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)

    @property
    def faultless(self) -> bool:
        """Whether nothing is lost, doubled or out of order."""
        return not (self.lost or self.twice or self.late or self.raw_lost > self.dropped_messages)


async def account_of(site: Site) -> Account:
    """Compare what the device wrote down with what arrived."""
    site.numbers.look()
    account = Account(raw_lost=site.raw.lost, raw_twice=site.raw.twice)
    events = await _events(site, account)
    gaps = [event for event in events if event.kind == "outbox_gap"]
    absences = [event for event in events if event.kind == "service_away"]
    account.dropped_messages = sum(int(gap.facts["count"] or 0) for gap in gaps)
    for unit, newest in site.numbers.last.items():
        sensors = list(site.clean.of_unit(unit))
        for sensor, series in sensors:
            account.given += newest
            account.twice += series.twice
            account.late += series.late
            missing = series.missing | dict.fromkeys(range(series.last + 1, newest + 1), series.nulls > 0)
            account.clean += newest - len(missing)
            for number, told in missing.items():
                time_ns = site.numbers.given[unit, number]
                stored = (unit, number) in site.raw.numbers
                kind = "lost" if stored else _fate(site, time_ns, gaps, absences, told=told)
                setattr(account, kind, getattr(account, kind) + 1)
                if kind == "lost" and len(account.examples) < 10:
                    account.examples.append(f"{sensor} {number} of {time_ns}")
        if len(sensors) < site.size.values:
            account.lost += newest * (site.size.values - len(sensors))
    return account


def _fate(site: Site, time_ns: int, gaps: list[Event], absences: list[Event], *, told: bool) -> str:
    if told:
        return "told"
    lives = site.acquisition.lives
    for life, following in zip(lives, [*lives[1:], [END]], strict=True):
        if len(life) == 2 and life[1] - IN_HAND_NS <= time_ns <= following[0]:
            return "in_hand" if following[0] == END or _covered(time_ns, absences) else "lost"
    if _covered(time_ns, gaps):
        return "gaps"
    if any(began <= time_ns <= ended for began, ended in site.device_troubles):
        return "unheard"
    return "lost"


def _covered(time_ns: int, events: list[Event]) -> bool:
    """Whether one of these events tells of a loss at that time."""
    spans = ((int(each.facts["first_time_ns"] or 0), int(each.facts["last_time_ns"] or 0)) for each in events)
    return any(first - CLOCK_NS <= time_ns <= last + CLOCK_NS for first, last in spans)


async def _events(site: Site, account: Account) -> list[Event]:
    found = []
    stored: Stored
    async for stored in replay(site.bus, "EVENTS", f"gl.{SITE}.event.>"):
        event = decode(stored.data, Event, stored.headers.get(Header.CONTENT_TYPE))
        account.events[event.kind] += 1
        found.append(event)
    return found
