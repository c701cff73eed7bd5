"""What was found once is never found again; and each target stands what is nearly right."""

import time
from pathlib import Path
from random import Random

import pytest

from fuzz.catalogue import TARGETS
from fuzz.limits import bounded

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(CORPUS.glob("*/*"))
SECONDS = 20
"""For one input, on a machine that is busy with other things."""
PEAK_BYTES = 128 * 1024 * 1024
CHANGES = 100
SHARE_SECONDS = 0.15
"""Of each target, at most."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_case_that_was_found_is_stood_now_in_time_and_memory(case):
    with bounded(SECONDS, PEAK_BYTES):
        TARGETS[case.parent.name].take(case.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_nearly_right_is_read_or_refused_as_documented(name):
    target, chance = TARGETS[name], Random(1)  # noqa: S311  # a test's course, no secret
    until = time.monotonic() + SHARE_SECONDS
    for each in target.seeds:
        target.read(each)  # what it is meant to read, it reads
    for _ in range(CHANGES):
        with bounded(SECONDS):
            target.take(target.mutated(chance.choice(target.seeds), chance)[: target.longest])
        if time.monotonic() > until:
            break


def test_every_case_belongs_to_a_target():
    assert {case.parent.name for case in CASES} <= set(TARGETS)
