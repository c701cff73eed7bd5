"""The console's pages with something on them: agents and what they did, markup in names, a keyboard."""

import time

from msgspec.structs import replace

from fakes.agents import agents, make_streams
from fakes.browser import browser, needs_browser
from fakes.console import OPERATOR, VIEWER, console, console_document, free_port
from fakes.readings import batch_of
from fakes.site import SITE, running
from fakes.tasks import Doing, a_task, doer
from integrations.bus import Outgoing, Publisher
from integrations.messages import Event, Flag, Severity, encode

pytestmark = needs_browser

MARKUP = "<img src=x onerror=alert(1)>"
PAGES = ("plant", "sensors", "sensor/marked", "services", "agents", "alarms")


def event_of(subject, text, kind="test", **facts):
    return Event(
        site=SITE,
        service="scada",
        instance="a",
        subject_id=subject,
        kind=kind,
        severity=Severity.WARNING,
        time=time.time_ns(),
        text=text,
        facts=facts,
    )


async def publish_marked(bus):
    """A reading, and an event of its source told twice, whose every free text is markup."""
    batch = batch_of([time.time()], [1e308], "marked", unit=MARKUP, flags=[int(Flag.OUT_OF_RANGE)], site=SITE)
    batch = replace(batch, quantity=MARKUP, raw_unit=MARKUP)
    events = [event_of("unit", MARKUP, balance=MARKUP) for _ in range(2)]
    async with Publisher(bus) as publisher:
        await publisher.publish_all(
            [
                Outgoing(f"$KV.gl_latest.{SITE}.pressure_sensor.marked", encode(batch), {}),
                Outgoing(f"gl.{SITE}.clean.pressure_sensor.marked", encode(batch), {}),
                *(Outgoing(f"gl.{SITE}.event.scada.unit", encode(event), {}) for event in events),
            ]
        )


async def test_agents_tasks_and_collaborations_with_their_timelines_and_markup_that_stays_text(
    nats_server, bus, streams, tmp_path
):
    await make_streams(bus)
    table, complaints = console_document(nats_server.url, free_port()), []
    worker = doer(nats_server.url, "GL-004", Doing())
    held = doer(nats_server.url, "GL-005", Doing(hold=True), task_type="watch")
    async with (
        running("coordination", table),
        worker.bus,
        worker,
        held.bus,
        held,
        agents(nats_server.url, "A", "B") as (a, b),
        console(table) as address,
        browser(tmp_path, complaints) as page,
    ):
        b.on_collaboration(lambda invitation: {"efficiency": 95.0})
        await publish_marked(bus)
        submit = a.tasks.desk.submit_task
        await submit(a_task("good", requester="A"))
        await submit(a_task("broken", requester="A", parameters={"error": MARKUP}))
        await submit(a_task("going", "watch", requester="A"))
        found = await a.request_collaboration("steam", ["B"], objective="efficiency", timeout=10)
        await a.collaborations.result(found, 10)

        await page.goto(f"{address}/#token={OPERATOR}")
        await page.wait_for_selector('[data-sensor="marked"].state-bad')
        await page.goto(f"{address}/#/agents")
        for agent in ("GL-003", "GL-004", "GL-005", "A", "B"):
            await page.wait_for_selector(f'[data-section="agents"] [data-agent="{agent}"]')
        for task, state in (("good", "completed"), ("going", "in progress"), ("broken", "failed")):
            entry = page.locator(f'[data-section="tasks"] [data-key="{task}"]')
            await entry.locator(".state", has_text=state).wait_for()
            assert await entry.locator(".timeline rect").count() > 2
        assert MARKUP in await page.locator('[data-key="broken"]').inner_text()
        together = page.locator(f'[data-section="collaborations"] [data-key="{found}"]')
        await together.locator(".state", has_text="published").wait_for()
        await together.locator("summary").focus()
        await page.keyboard.press("Enter")
        await together.locator("ol li", has_text="result").first.wait_for()
        assert await together.locator("ol li").count() >= 3

        for name in PAGES:
            await page.goto(f"{address}/#/{name}")
            await page.wait_for_function("() => document.querySelector('main section')")
            assert await page.locator("img").count() == 0
            assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name
        assert MARKUP in await page.locator("main").inner_text()
        await page.goto(f"{address}/#/sensor/marked")
        await page.locator(".events li", has_text="2 times since").wait_for()
    assert complaints == []


async def test_with_a_keyboard_and_a_screen_reader(nats_server, bus, streams, tmp_path):
    table, complaints = console_document(nats_server.url, free_port()), []
    async with console(table) as address, browser(tmp_path, complaints) as page, Publisher(bus) as publisher:

        async def told(flags):
            batch = batch_of([time.time()], [1.0], "p", flags=[int(flags)], site=SITE)
            await publisher.publish_all(
                [Outgoing(f"$KV.gl_latest.{SITE}.pressure_sensor.p", encode(batch), {})]
            )

        async def focused():
            return await page.evaluate("() => document.activeElement.textContent")

        await told(0)
        await page.goto(f"{address}/#token={VIEWER}")
        await page.wait_for_selector('[data-sensor="p"].state-good')
        await page.goto(f"{address}/#/services")
        await page.wait_for_selector('[data-service="console"]')
        assert await page.get_by_role("button", name="Reset").count() == 0
        await page.evaluate("() => document.activeElement.blur()")
        stops = []
        for _ in range(6):
            await page.keyboard.press("Tab")
            stops.append((await focused()).split()[0])
        assert stops == ["Skip", "Plant", "Sensors", "Services", "Agents", "Alarms"]
        await page.keyboard.press("Enter")
        await page.wait_for_function("() => document.activeElement.textContent === 'Alarms'")
        await page.locator(".skip").focus()
        await page.keyboard.press("Enter")
        assert page.url.endswith("#/alarms")
        assert await page.locator("h1:focus").inner_text() == "Alarms"
        assert "Nothing needs anybody now" in await page.locator("main").inner_text()
        await told(Flag.ESTIMATED)
        await page.goto(f"{address}/#/sensors")
        await page.wait_for_selector('[data-sensor="p"].state-doubtful')
        await page.goto(f"{address}/#/alarms")
        assert "Nothing needs anybody now" in await page.locator("main").inner_text()
        await told(Flag.OUT_OF_RANGE)
        await page.locator("[aria-live=polite]", has_text="Alarm: p: outside valid range").wait_for(
            state="attached"
        )
        alarm = page.locator(".alarms li")
        assert await alarm.get_by_role("img", name="bad").count() == 1
        assert "Do not use the value" in await alarm.inner_text()
        for change in ("began", "ended", "began"):
            leak = event_of("meter", f"contamination {change}", f"contamination_{change}", cause="ph_low")
            await publisher.publish_all([Outgoing(f"gl.{SITE}.event.scada.meter", encode(leak), {})])
        await page.locator(".alarms li", has_text="look for the leak").wait_for()
    assert complaints == []


async def test_who_stays_longer_than_the_session_is_asked_to_log_in_again(nats_server, streams, tmp_path):
    table = console_document(nats_server.url, free_port(), session_hours=4 / 3600)
    async with console(table) as address, browser(tmp_path, []) as page:
        await page.goto(f"{address}/#token={VIEWER}")
        await page.locator(".login", has_text="The session has ended").wait_for()
        await page.get_by_label("Token").fill(VIEWER)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("nav")
