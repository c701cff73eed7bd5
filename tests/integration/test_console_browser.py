"""The console as people see it: Debian's Chromium, driven by Playwright, over a plant on real Modbus."""

import contextlib
import math
import time

from fakes.browser import browser, needs_browser
from fakes.console import OPERATOR, console, console_document, free_port
from fakes.site import TABLE, Meter, meter_table, running, served
from integrations.simulation import ServedUnit, UnitCondition

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
