"""Since when a service was away: what RAW has of its sources says it."""

from types import SimpleNamespace

from integrations.bus import JetStreamUnavailableError
from integrations.messages import stored_subject
from integrations.runtime.acquisition.absence import last_heard_ns

SECOND_NS = 1_000_000_000
NOON_NS = 1_796_040_000 * SECOND_NS


class Raw:
    """A stream that has one message of each source, stored so many seconds after noon."""

    def __init__(self, **stored):
        self._stored = {stored_subject(subject(name)): after for name, after in stored.items()}

    async def ask(self, asked):
        after = self._stored.get(asked.removeprefix("$JS.API.DIRECT.GET.RAW."))
        if after is None:
            return SimpleNamespace(headers={"Status": "404"})
        if after < 0:
            raise JetStreamUnavailableError("no answer")
        return SimpleNamespace(headers={"Nats-Time-Stamp": f"2026-11-30T12:00:{after:02}.5Z"})


def subject(name):
    return f"gl.p.raw.steam_meter.{name}"


async def heard(raw, *names):
    return await last_heard_ns(raw, map(subject, names))


async def test_it_is_the_time_up_to_which_all_have_told():
    raw = Raw(a=12, b=11, c=13)
    assert await heard(raw, "a", "b", "c") == NOON_NS + 11 * SECOND_NS + SECOND_NS // 2


async def test_a_source_that_was_away_long_before_says_nothing():
    assert await heard(Raw(a=1, b=59), "a", "b") == NOON_NS + 59 * SECOND_NS + SECOND_NS // 2


async def test_nobody_knows_where_nothing_is_stored_or_nobody_answers():
    assert await heard(Raw(), "a") is None
    assert await heard(Raw(a=-1), "a") is None
