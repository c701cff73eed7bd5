"""Debian's Chromium, driven by Playwright, and how late it and this process are because others work too."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BEAT_SECONDS = 0.05
BEATS = """() => { let last = performance.now(); window.lateness = 0;
  setInterval(() => { const now = performance.now();
    window.lateness += Math.max(0, now - last - 50); last = now; }, 50); }"""

playwright = pytest.importorskip("playwright.async_api", reason="Playwright is not installed")
needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")


@contextlib.asynccontextmanager
async def browser(folder, complaints, **more):
    """A page that writes down what it complains about."""
    async with playwright.async_playwright() as driver:
        context = await driver.chromium.launch_persistent_context(
            folder / "profile", executable_path=CHROMIUM, headless=True, args=OPTIONS, **more
        )
        context.set_default_timeout(20_000)
        page = context.pages[0]
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            yield page
        finally:
            await context.close()


class Lateness:
    """Seconds by which this process and a page came late to what they had to do, all added up."""

    def __init__(self, page):
        self._page = page
        self._own = 0.0

    async def seconds(self):
        return self._own + await self._page.evaluate("() => lateness") / 1000

    @contextlib.asynccontextmanager
    async def measured(self):
        await self._page.evaluate(BEATS)
        beating = asyncio.create_task(self._beat())
        try:
            yield self
        finally:
            beating.cancel()

    async def _beat(self):
        last = time.monotonic()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = time.monotonic()
            self._own += max(0.0, now - last - BEAT_SECONDS)
            last = now
