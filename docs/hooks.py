"""Build hook of the documentation: a link to a file outside docs/ becomes the file's name."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUTSIDE = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>\.\./[^)#\s]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Name what the site does not hold; a link that leads nowhere ends the build."""

    def named(found: re.Match[str]) -> str:
        file = (ROOT / "docs" / page.file.src_uri).parent / found["target"]
        if not file.exists():
            raise FileNotFoundError(f"{page.file.src_uri}: {found['target']} is not there")
        place = file.resolve().relative_to(ROOT).as_posix()
        text = found["text"].strip("`")
        return f"`{place}`" if place.endswith(text) else f"{found['text']} (`{place}`)"

    return OUTSIDE.sub(named, markdown)
