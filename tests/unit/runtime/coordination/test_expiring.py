"""Mail that nobody reads: how long it lives, what of it is read in one go, and that none is forgotten."""

import asyncio
from types import SimpleNamespace

import pytest

from fakes.site import eventually
from integrations.bus import BusEventKind, JetStreamUnavailableError, Stored
from integrations.runtime.coordination import expiring
from integrations.runtime.coordination.expiring import GAP, Expiring, runs, ttl_seconds

SENT_NS = 1_767_225_600 * 10**9


class Site:
    """A stream of mail to agents that are away, and what is told of it."""

    def __init__(self):
        self.seconds = 1.0
        self.mail = []
        self.told = []
        self.observers = []
        self.failures = []
        self.reconnects = []
        self.bus = SimpleNamespace(observe=self._observe)
        self.agents = SimpleNamespace(directory=SimpleNamespace(is_online=lambda _: False))

    def _observe(self, observer):
        self.observers.append(observer)
        return lambda: self.observers.remove(observer)

    def post(self):
        headers = {"Nats-Time-Stamp": "2026-01-01T00:00:00Z", "Nats-TTL": "60s"}
        self.mail.append(Stored("gl.agent.GL-009.inbox.p3", headers, b"{}", len(self.mail) + 1, 0))

    def now_ns(self):
        return SENT_NS + int(self.seconds * 1e9)

    def reconnect(self):
        for observer in self.observers:
            observer(SimpleNamespace(kind=BusEventKind.RECONNECTED))

    async def replay(self, _bus, _stream, _subject, *, start_sequence, stop_sequence=None):
        wanted = [
            one for one in self.mail if start_sequence <= one.sequence <= (stop_sequence or len(self.mail))
        ]
        while wanted and self.reconnects:
            self.reconnects.pop()()
        for one in wanted:
            yield one

    async def take_out(self, _stored):
        while self.failures:
            self.failures.pop()()
        return True

    async def tell(self, stored, _code, _reason):
        self.told.append(stored.sequence)


@pytest.fixture
async def site(monkeypatch):
    site, ours = Site(), asyncio.Event()
    monkeypatch.setattr(expiring, "replay", site.replay)
    monkeypatch.setattr(expiring, "LOOK_SECONDS", 0.01)
    ours.set()
    keeping = asyncio.create_task(Expiring(site, site, now_ns=site.now_ns).keep(ours))
    yield site
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def away():
    raise JetStreamUnavailableError("no leader")


async def test_a_connection_lost_in_the_middle_of_a_look_makes_it_forget_nothing(site):
    site.post()
    await asyncio.sleep(0.05)
    site.reconnects.append(site.reconnect)
    site.post()
    await eventually(lambda: not site.reconnects)
    await asyncio.sleep(0.05)
    site.seconds = 61.0
    await eventually(lambda: set(site.told) == {1, 2})


async def test_what_could_not_be_taken_out_for_the_moment_is_told_all_the_same(site):
    site.post()
    await asyncio.sleep(0.05)
    site.failures.append(away)
    site.post()
    await asyncio.sleep(0.05)
    site.seconds = 61.0
    await eventually(lambda: set(site.told) == {1, 2})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("1h", 3600), ("1m30s", 90), ("45", 45), ("never", 0), ("", 0), ("1.5h", 0), ("-3s", 0)],
)
def test_a_ttl_is_read_as_the_server_reads_it_or_not_at_all(text, seconds):
    assert ttl_seconds(text) == seconds


def test_what_stands_close_together_is_read_in_one_go():
    assert list(runs([])) == []
    assert list(runs([1, 2, 2 + GAP, 3 + 2 * GAP])) == [(1, 2 + GAP), (3 + 2 * GAP, 3 + 2 * GAP)]
