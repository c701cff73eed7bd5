"""Very many sensors in a browser: 1,000 that all move every second stay smooth, 10,000 stay usable."""

import asyncio
import contextlib
import time

from fakes.browser import browser, needs_browser
from fakes.console import OPERATOR, console, console_document, free_port
from fakes.readings import batch_of
from fakes.site import SITE
from integrations.bus import Outgoing, Publisher
from integrations.messages import encode

pytestmark = needs_browser

FRAMES = """() => new Promise(done => {
  const times = [], shown = new Set(); let changes = 0, last = performance.now();
  const seen = new MutationObserver(found => { for (const { target } of found) {
    changes += 1; shown.add(target.closest("[data-sensor]")?.dataset.sensor); } });
  seen.observe(document.querySelector("main"), { subtree: true, childList: true });
  const step = now => { times.push(now - last); last = now;
    if (times.length < 180) return requestAnimationFrame(step);
    seen.disconnect();
    done({ times: times.sort((a, b) => a - b), changes, shown: shown.size }); };
  requestAnimationFrame(step);
})"""
"""How long 180 frames took each, and what changed on the page meanwhile."""
SMOOTH_MS, OWN_MS = 34, 16


def readings(count, at, devices=1000):
    """The newest reading of each sensor, as the transformation puts it into the bucket."""
    return [
        Outgoing(f"$KV.gl_latest.{SITE}.pressure_sensor.{one.sensor_id}", encode(one), {})
        for one in (
            batch_of([time.time()], [at + each / count], f"d{each % devices}-s{each}", site=SITE)
            for each in range(count)
        )
    ]


@contextlib.asynccontextmanager
async def moving(publisher, count):
    """Let so many sensors move once a second; yields how often all have."""
    rounds = []

    async def move():
        while True:
            begun = time.monotonic()
            await publisher.publish_all(readings(count, len(rounds)))
            rounds.append(begun)
            await asyncio.sleep(max(0.0, begun + 1.0 - time.monotonic()))

    moving_on = asyncio.create_task(move())
    try:
        yield rounds
    finally:
        moving_on.cancel()
        await asyncio.wait([moving_on])


async def test_a_thousand_sensors_at_a_reading_a_second_stay_smooth(nats_server, bus, streams, tmp_path):
    table, complaints = console_document(nats_server.url, free_port()), []
    async with (
        console(table) as address,
        browser(tmp_path, complaints) as page,
        Publisher(bus) as publisher,
        moving(publisher, 1000) as rounds,
    ):
        await page.goto(f"{address}/#token={OPERATOR}")
        await page.wait_for_selector(".mimic .card")
        await page.goto(f"{address}/#/sensors")
        await page.wait_for_selector("text=1000 of 1000 sensors")
        assert await page.locator(".list .row").count() < 100
        before = len(rounds)
        found = await page.evaluate(FRAMES)
        own = await page.evaluate("() => [...consoleFrames].sort((a, b) => a - b)")
        moved = len(rounds) - before
    assert moved >= 2
    assert found["shown"] >= 10
    assert found["changes"] >= moved * found["shown"] / 2
    assert found["times"][len(found["times"]) // 2] < SMOOTH_MS
    assert own[len(own) // 2] < OWN_MS
    assert complaints == []


async def test_ten_thousand_sensors_are_found_and_the_page_goes_on(nats_server, bus, streams, tmp_path):
    table, complaints = console_document(nats_server.url, free_port()), []
    async with console(table) as address, browser(tmp_path, complaints) as page, Publisher(bus) as publisher:
        await publisher.publish_all(readings(10_000, 0))
        await page.goto(f"{address}/#token={OPERATOR}")
        await page.wait_for_selector("text=964 more devices have no room here")
        assert await page.locator(".mimic .card").count() == 36
        await page.goto(f"{address}/#/sensors")
        await page.wait_for_selector("text=10000 of 10000 sensors")
        await page.get_by_label("Filter by name").fill("s4321")
        await page.wait_for_selector("text=1 of 10000 sensors")
        await page.get_by_label("Filter by name").fill("")
        async with moving(publisher, 1000):
            found = await page.evaluate(FRAMES)
            assert await page.locator(".list .row").count() < 100
            own = await page.evaluate("() => [...consoleFrames].slice(-60).sort((a, b) => a - b)")
    assert found["times"][len(found["times"]) // 2] < SMOOTH_MS
    assert own[len(own) // 2] < OWN_MS
    assert complaints == []
