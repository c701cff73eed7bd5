"""The page that is shipped is the one that its sources make."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

WEB = Path(__file__).parents[4] / "services" / "console" / "web"
PAGE = files("integrations.runtime.console").joinpath("page")
OTHERS = ("index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.js")


def test_the_built_page_is_not_stale():
    sources = [path for path in (WEB / "src").rglob("*") if path.is_file()]
    names = sorted([*OTHERS, *(str(path.relative_to(WEB)) for path in sources)])
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (WEB / name).read_bytes() + b"\0")
    stamp = PAGE.joinpath("sources.sha256").read_text().strip()
    assert stamp == digest.hexdigest(), "build it anew: npm ci && npm run build in services/console/web"


def test_the_page_loads_from_its_own_server_alone_and_makes_nothing_from_html():
    page, code = (PAGE.joinpath(name).read_text() for name in ("index.html", "app.js"))
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|https?://", page)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", code)
    assert "u-legend" in code
    assert "MIT License" in PAGE.joinpath("uPlot.LICENSE.txt").read_text()
