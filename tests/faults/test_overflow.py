"""An outbox that is too small for an outage: what it had to drop is told, and nothing else is lost."""

import asyncio

from fakes.site import eventually

from .account import account_of
from .catalogue import bus_away
from .run import settle
from .site import Site, Size

AWAY_SECONDS = 6.0


async def test_what_an_outbox_had_to_drop_is_told_to_the_message(tmp_path):
    size = Size(units=10, values=60, rate_hz=10.0)
    async with Site(tmp_path, size, replicated=False, outbox_bytes=1024 * 1024) as site:
        await eventually(lambda: site.caught_up({}), 60)
        async with bus_away(site):
            await asyncio.sleep(AWAY_SECONDS)
        site.numbers.look()
        await eventually(lambda: site.caught_up(site.numbers.last), 60)
        await settle(site)
        account = await account_of(site)
    assert account.gaps > 0, account
    assert account.faultless, account
    assert site.raw.lost == account.dropped_messages, account
    assert account.dropped_messages <= account.gaps / size.values, account  # a message may hold several polls
