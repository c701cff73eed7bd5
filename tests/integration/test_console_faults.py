"""A fault switched on in the simulated plant turns the right element of the page red within three seconds."""

import contextlib
import time
import tomllib

import pytest

from fakes.browser import Lateness, browser, needs_browser
from fakes.console import OPERATOR, console, free_port
from fakes.site import SITE, eventually, running
from integrations.bus import listening
from integrations.messages import CleanBatch, Header, decode
from integrations.runtime.console.standing import Standing, standing_of
from integrations.runtime.plant.demo import simulated_plant
from integrations.simulation import parse_fault

pytestmark = [needs_browser, pytest.mark.alone]

SWITCH_TO_PAGE, BUS_TO_PAGE = 3.0, 1.0
RED = {
    "dead:process_a": "process_a-flow_rate",
    "dead:make_up_water": "make_up_water-flow_rate",
    "spike:main_steam_header.flow_rate=20": "main_steam_header-flow_rate",
    "open_circuit:main_steam_header.temperature": "header_temperature",
}
"""Faults that show in the next reading, and where: dead, dead behind HART, out of range, a broken wire."""
STUCK, STUCK_SENSOR = "stuck:main_steam_header.pressure", "main_steam_header-pressure"
"""This one takes as many readings as make a flat line; doubtful is what the check says of it."""
LIMITS = {"main_steam_header-flow_rate": {"max_valid": 50.0}, STUCK_SENSOR: {"flatline_count": 5}}
TURNS = """() => { window.turns = [];
  new MutationObserver(found => { const now = Date.now();
    for (const { target } of found) {
      const how = target.getAttribute("class");
      turns.push([now, target.dataset.sensor ?? how, how]);
    }
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["class"] }); }"""


def document_of(demo, url, port):
    """The meters and the temperature sensors of the simulated plant, with a console."""
    known = tomllib.loads(demo.text)
    kept = {key: known[key] for key in ("defaults", "streams", "steam_meter", "temperature_sensor")}
    login = {"port": port, "operator_token": OPERATOR}
    return kept | {
        "site": SITE,
        "nats": {"url": url},
        "console": login,
        "transformation": {"sensors": LIMITS},
    }


class Arrivals:
    """When the bus first carried a reading of each sensor that stands so."""

    def __init__(self):
        self.at = {}

    def take(self, _, headers, body):
        batch = decode(body, CleanBatch, headers.get(Header.CONTENT_TYPE))
        standing = standing_of(batch)
        if standing in {Standing.BAD, Standing.DOUBTFUL}:
            self.at.setdefault(batch.sensor_id, time.time())


async def test_faults_are_seen_in_time(nats_server, bus, tmp_path):
    complaints, arrivals = [], Arrivals()
    async with simulated_plant(1) as demo, contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        table = document_of(demo, nats_server.url, free_port())
        for service in ("transformation", "steam_meter", "temperature_sensor"):
            await enter(running(service, table))
        page = await enter(browser(tmp_path, complaints))
        address = await enter(console(table))
        await page.goto(f"{address}/#token={OPERATOR}")
        for sensor in (*RED.values(), STUCK_SENSOR):
            await page.wait_for_selector(f'[data-sensor="{sensor}"].state-simulated')
        await page.evaluate(TURNS)
        lateness = await enter(Lateness(page).measured())
        await enter(listening(bus, f"gl.{SITE}.clean.>", arrivals.take))

        switched = time.time()
        for fault in (*RED, STUCK):
            demo.instruments.switch_on(parse_fault(fault))

        async def turned(sensor, state):
            turns = await page.evaluate("() => turns")
            return next((at / 1000 for at, name, how in turns if name == sensor and state in how), None)

        red = {
            sensor: await eventually(lambda s=sensor: turned(s, "state-bad"), 20) for sensor in RED.values()
        }
        badge = await turned("badge state-bad", "state-bad")
        allowed = await lateness.seconds()
        stuck = await eventually(lambda: turned(STUCK_SENSOR, "state-doubtful"), 20)
        allowed_later = await lateness.seconds()
    for sensor, at in red.items():
        assert at - switched < SWITCH_TO_PAGE + allowed, sensor
        assert at - arrivals.at[sensor] < BUS_TO_PAGE + allowed, sensor
    assert badge - switched < SWITCH_TO_PAGE + allowed
    assert stuck - arrivals.at[STUCK_SENSOR] < BUS_TO_PAGE + allowed_later
    assert complaints == []
