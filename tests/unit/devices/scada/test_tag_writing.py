"""A write from beginning to end, on a device that does what the test says."""

import asyncio

import pytest

from integrations.devices.scada import SCADAConnectionConfig, TagConfig
from integrations.devices.scada.source import TagSource
from integrations.devices.scada.values import TagReading
from integrations.devices.scada.writing import MAY_BE_WRITTEN, TagWriting, audit
from integrations.devices.writes import WriteOutcome
from integrations.messages import Status
from integrations.protocols import ProtocolTimeoutError
from integrations.resilience import CircuitBreakerOpenError

SETPOINT = TagConfig("SP", writable=True, min_value=0.0, max_value=20.0)


class Device(TagSource):
    """One tag: `slowly` is how many looks it takes until it shows what was written."""

    def __init__(self):
        self.value, self.status = 10.0, 0
        self.refusal = ""
        self.slowly = 0
        self.takes = lambda value: value
        self.raises = None
        self.writes = []
        self._next = None

    async def open(self):
        """It is open."""

    async def close(self):
        """It stays open."""

    async def read(self, tags):
        if self._next is not None:
            if self.slowly == 0:
                self.value, self._next = self._next, None
            self.slowly = max(0, self.slowly - 1)
        return [TagReading(at, self.value, self.status) for at in tags]

    async def write(self, tag, value):
        self.writes.append(value)
        if self.raises:
            raise self.raises
        if not self.refusal:
            self._next = self.takes(value)
        return self.refusal

    def is_same(self, tag, wanted, found):
        return wanted == found


async def at_once(call, retries):
    assert retries == 0
    return await call()


@pytest.fixture
def device():
    return Device()


@pytest.fixture
def writing(device, time):
    return writing_to(lambda: device, time)


def writing_to(target, time, execute=at_once, **fields):
    config = SCADAConnectionConfig("h", 4840, tags=(SETPOINT,), **{"allow_writes": True, **fields})
    return TagWriting(config, target, execute, clock=time.clock, sleep=time.skip)


async def test_a_value_is_written_as_its_type_and_read_back(writing, device):
    assert await writing.write("SP", 12) == WriteOutcome("SP", True, "", 10.0, 12.0)
    assert [type(value) for value in device.writes] == [float]


async def test_a_controller_may_take_a_moment_to_show_it(writing, device, time):
    device.slowly = 3
    assert (await writing.write("SP", 12.0)).written
    assert time.seconds == pytest.approx(1.5)


async def test_a_value_that_reads_back_differently_is_not_written(writing, device):
    device.takes = lambda value: value - 2
    outcome = await writing.write("SP", 12.0)
    assert outcome == WriteOutcome("SP", False, "the device took 12.0 and afterwards reads 10.0", 10.0, 10.0)


async def test_a_value_that_reads_back_bad_is_not_written(writing, device):
    device.status = int(Status.BAD_SENSOR_FAILURE)
    outcome = await writing.write("SP", 12.0)
    assert outcome.reason == "the device took 12.0 and afterwards reads BadSensorFailure"


async def test_what_the_device_refuses_is_said_in_its_words(writing, device):
    device.refusal = "BadUserAccessDenied"
    outcome = await writing.write("SP", 12.0)
    assert outcome == WriteOutcome("SP", False, "the device refused it: BadUserAccessDenied", 10.0)


async def test_what_is_not_allowed_never_reaches_the_device(device, time):
    writing = writing_to(lambda: device, time, allow_writes=False)
    assert "allow_writes" in (await writing.write("SP", 12.0)).reason
    assert "must be at most 20" in (await writing_to(lambda: device, time).write("SP", 21.0)).reason
    unknown = await writing.write("SP2", 12.0)
    assert unknown.reason == "no tag is named 'SP2': did you mean SP?"
    assert device.writes == []


async def test_only_one_write_in_an_interval_also_when_the_first_failed(writing, device, time):
    device.refusal = "no"
    await writing.write("SP", 12.0)
    assert "at most one write in 1 s" in (await writing.write("SP", 12.0)).reason
    time.seconds += 1.0
    device.refusal = ""
    assert (await writing.write("SP", 12.0)).written


async def test_without_an_answer_it_may_have_been_written(writing, device):
    device.raises = ProtocolTimeoutError("no answer")
    outcome = await writing.write("SP", 12.0)
    assert outcome == WriteOutcome("SP", False, f"{MAY_BE_WRITTEN}: no answer", 10.0)


async def test_a_device_that_is_known_to_be_away_is_not_asked(device, time):
    async def refuse(call, retries):
        raise CircuitBreakerOpenError("s", 60.0)

    outcome = await writing_to(lambda: device, time, refuse).write("SP", 12.0)
    assert (outcome.written, outcome.reason) == (False, str(CircuitBreakerOpenError("s", 60.0)))
    assert device.writes == []


async def test_writes_go_one_after_the_other(device, time):
    running = most = 0

    async def slowly(call, retries):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        found = await call()
        running -= 1
        return found

    writing = writing_to(lambda: device, time, slowly, write_interval_seconds=0.0)
    outcomes = await asyncio.gather(*(writing.write("SP", value) for value in (1.0, 2.0, 3.0)))
    assert [(outcome.old, outcome.new) for outcome in outcomes] == [(10.0, 1.0), (1.0, 2.0), (2.0, 3.0)]
    assert most == 1


async def test_a_defect_of_this_program_is_no_outcome(writing, device):
    device.raises = AttributeError("defect")
    with pytest.raises(AttributeError, match="defect"):
        await writing.write("SP", 12.0)


def test_the_audit_says_who_wrote_what_and_what_became_of_it():
    event = audit(WriteOutcome("SP", True, "", 10.0, 12.0), 12, "GL-003", simulated=True)
    assert (event.kind, event.text) == ("tag_write", "GL-003 writes 12 to SP: written")
    assert event.facts == {
        "tag": "SP", "caller": "GL-003", "old": 10.0, "wanted": 12, "new": 12.0, "written": True,
        "reason": "", "simulated": True,
    }  # fmt: skip
    refused = audit(WriteOutcome("SP", False, "too much"), 1e300, "GL-003", simulated=False)
    assert refused.text == "GL-003 writes 1e+300 to SP: refused: too much"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("nan"), "nan"),
        (2**63, "9223372036854775808"),
        (-(2**63) + 1, -(2**63) + 1),
        (True, True),
        ("x" * 300, "x" * 200),
        ([1, 2], "[1, 2]"),
    ],
)
def test_whatever_was_wanted_the_audit_can_travel(value, told):
    assert audit(WriteOutcome("SP", False, ""), value, "c", simulated=False).facts["wanted"] == told
