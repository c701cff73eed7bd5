"""What the page says can be read: contrast of every colour of text on every ground, in both themes."""

import re
from itertools import product
from pathlib import Path

import pytest

STYLE = (Path(__file__).parents[4] / "services" / "console" / "web" / "src" / "style.css").read_text()
INKS = ("ink", "soft", "accent", "good", "simulated", "doubtful", "stale", "bad")
GROUNDS = ("ground", "paper", "bad-ground")
READABLE = 4.5
"""What the guidelines ask for of small text (WCAG 2.2, 1.4.3)."""
THEMES = re.findall(r"^:root(?:\[data-theme=\"dark\"\])? \{(.*?)\}", STYLE, re.DOTALL | re.MULTILINE)


def brightness(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
def test_text_stands_out_from_its_ground(theme):
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", theme))
    found = {
        (ink, ground): round(contrast(colours[ink], colours[ground]), 2)
        for ink, ground in product(INKS, GROUNDS)
    }
    assert {pair: ratio for pair, ratio in found.items() if ratio < READABLE} == {}
