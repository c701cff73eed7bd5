"""The console as people see it: Debian's Chromium, driven by Playwright, over a plant on real Modbus."""

import asyncio
import contextlib
import math
import time

from fakes.browser import browser, needs_browser
from fakes.console import OPERATOR, console, console_document, free_port
from fakes.readings import batch_of
from fakes.site import SITE, TABLE, Meter, meter_table, running, served
from integrations.bus import Outgoing, Publisher
from integrations.messages import encode
from integrations.simulation import ServedUnit, UnitCondition

SENSORS = 1000
FRAMES = """() => new Promise(done => {
  const times = []; let last = performance.now();
  const step = now => { times.push(now - last); last = now;
    times.length < 120 ? requestAnimationFrame(step) : done(times.sort((a, b) => a - b)); };
  requestAnimationFrame(step);
})"""

pytestmark = needs_browser


class LiveMeter(Meter):
    """One whose values move, as those of a live one do."""

    flow_kg_h = 7200.0

    @property
    def unit(self):
        def shown():
            ripple = 1 + 0.002 * math.sin(20 * time.monotonic())
            return {"flow_rate": self.flow_kg_h * ripple, "pressure": 9.5 * ripple}

        return ServedUnit(self.unit_id, TABLE, shown, lambda: self.condition)


async def test_a_plant_in_the_browser(nats_server, tmp_path):
    meter, complaints = LiveMeter(), []
    async with served(meter) as server, contextlib.AsyncExitStack() as stack:
        tables = (meter_table(server.port, max_retries=0, circuit_timeout_seconds=600.0),)
        table = console_document(nats_server.url, free_port(), *tables)
        for service in ("transformation", "steam_meter"):
            await stack.enter_async_context(running(service, table))
        page = await stack.enter_async_context(browser(tmp_path, complaints))
        async with console(table) as address:
            await page.goto(f"{address}/#token={OPERATOR}")
            await page.wait_for_selector('[data-device="meter"]')
            await page.wait_for_selector('[data-device="meter"].state-good')
            assert OPERATOR not in page.url
            value = '[data-sensor="meter-flow_rate"] .value'
            meter.flow_kg_h = 3600.0
            await page.wait_for_function(
                "selector => /^3[.][56]/.test(document.querySelector(selector).textContent)", arg=value
            )
            meter.condition = UnitCondition(silent=True)
            await page.wait_for_selector('[data-device="meter"].state-bad')
            await page.goto(f"{address}/#/services")
            await page.wait_for_selector('tr[data-device="meter"][data-circuit="open"]')
            meter.condition = UnitCondition()
            await page.get_by_role("button", name="Reset the circuit of meter").click()
            await page.wait_for_selector('tr[data-device="meter"][data-circuit="closed"]')
            await page.reload()
            await page.goto(f"{address}/#/sensor/meter-flow_rate")
            await page.wait_for_selector(".chart canvas")
            await page.wait_for_selector(".sensor.state-good")
            assert complaints == []
        await page.wait_for_selector("body.lost")
        async with console(table):
            await page.wait_for_selector("body:not(.lost)")
            await page.wait_for_selector(".sensor.state-good")


async def test_a_thousand_sensors_at_a_reading_a_second_stay_smooth(nats_server, bus, streams, tmp_path):
    table, complaints = console_document(nats_server.url, free_port()), []
    async with console(table) as address, browser(tmp_path, complaints) as page, Publisher(bus) as publisher:

        async def flow():
            for at in range(1000):
                batches = [
                    batch_of([time.time()], [at + each / 1000], f"s{each}", site=SITE)
                    for each in range(SENSORS)
                ]
                await publisher.publish_all(
                    [
                        Outgoing(f"$KV.gl_latest.{SITE}.pressure_sensor.{one.sensor_id}", encode(one), {})
                        for one in batches
                    ]
                )
                await asyncio.sleep(1.0)

        flowing = asyncio.create_task(flow())
        try:
            await page.goto(f"{address}/#token={OPERATOR}")
            await page.wait_for_selector(".mimic .card")
            await page.goto(f"{address}/#/sensors")
            await page.wait_for_selector("text=1000 of 1000 sensors")
            assert await page.locator(".list .row").count() < 100
            frames = await page.evaluate(FRAMES)
            own = await page.evaluate("() => [...consoleFrames].sort((a, b) => a - b)")
        finally:
            flowing.cancel()
            await asyncio.wait([flowing])
    assert frames[60] < 34
    assert own[len(own) // 2] < 16
    assert complaints == []
