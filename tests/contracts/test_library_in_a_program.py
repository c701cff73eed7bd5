"""In another program the library speaks through Python's logging, or as the program set structlog up."""

import subprocess
import sys

import pytest

SPEAK = """
from integrations import ConnectionState
import structlog
log = structlog.get_logger("integrations.devices")
log.debug("debug line", device="m")
log.warning("warning line", device="m")
"""
LOUD = "import logging; logging.basicConfig(level=logging.DEBUG, format='%(name)s|%(message)s')"
OWN = "import structlog; structlog.configure(processors=[structlog.processors.JSONRenderer()])"


def spoken(before=""):
    run = subprocess.run(
        [sys.executable, "-c", before + "\n" + SPEAK], capture_output=True, text=True, check=True
    )
    return run.stdout.splitlines(), run.stderr.splitlines()


def test_only_warnings_are_heard_and_not_on_stdout():
    assert spoken() == ([], ["warning line device=m"])


def test_a_program_that_wants_more_says_so_to_logging():
    assert spoken(LOUD) == (
        [],
        ["integrations.devices|debug line device=m", "integrations.devices|warning line device=m"],
    )


def test_a_program_that_has_set_up_structlog_keeps_its_way():
    out, err = spoken(OWN)
    assert ('{"device": "m", "event": "debug line"}' in out, err) == (True, [])


@pytest.mark.parametrize(
    "said",
    ["log.exception('handler failed', agent='A')", "log.error('handler failed', agent='A', exc_info=e)"],
)
def test_an_exception_is_written_once_and_plainly(said):
    failing = f"try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    {said}\n"
    run = subprocess.run([sys.executable, "-c", SPEAK + failing], capture_output=True, text=True, check=True)
    assert run.stderr.count("ZeroDivisionError: division by zero") == 1
    assert run.stderr.splitlines()[1:3] == ["handler failed agent=A", "Traceback (most recent call last):"]
