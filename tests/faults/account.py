"""What became of each number that the device gave away: clean, told as missing, or lost."""

from collections import Counter
from dataclasses import dataclass, field

from fakes.site import Stored
from integrations.bus import replay
from integrations.messages import Event, Header, decode

from .site import SITE, Site

IN_HAND_NS = 350_000_000
"""What a service was given so shortly before it was killed may die with it: outbox's patience, and a poll."""
CLOCK_NS = 1_000_000_000


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
    """Died with the service that had just asked for them."""
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
    gaps = [event for event in await _events(site, account) if event.kind == "outbox_gap"]
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
                kind = "lost" if stored else _fate(site, time_ns, gaps, told=told)
                setattr(account, kind, getattr(account, kind) + 1)
                if kind == "lost" and len(account.examples) < 10:
                    account.examples.append(f"{sensor} {number} of {time_ns}")
        if len(sensors) < site.size.values:
            account.lost += newest * (site.size.values - len(sensors))
    return account


def _fate(site: Site, time_ns: int, gaps: list[Event], *, told: bool) -> str:
    if told:
        return "told"
    lives = site.acquisition.lives
    for life, following in zip(lives, [*lives[1:], [2**63]], strict=True):
        if len(life) == 2 and life[1] - IN_HAND_NS <= time_ns <= following[0]:
            return "in_hand"
    for gap in gaps:
        first, last = int(gap.facts["first_time_ns"] or 0), int(gap.facts["last_time_ns"] or 0)
        if first - CLOCK_NS <= time_ns <= last + CLOCK_NS:
            return "gaps"
    if any(began <= time_ns <= ended for began, ended in site.device_troubles):
        return "unheard"
    return "lost"


async def _events(site: Site, account: Account) -> list[Event]:
    found = []
    stored: Stored
    async for stored in replay(site.bus, "EVENTS", f"gl.{SITE}.event.>"):
        event = decode(stored.data, Event, stored.headers.get(Header.CONTENT_TYPE))
        account.events[event.kind] += 1
        found.append(event)
    return found
