import asyncio

import pytest

from integrations.resilience import CircuitBreaker, CircuitBreakerOpenError, CircuitState, ResilienceError


class Clock:
    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(2, 60.0, 2, name="meter_1", clock=clock)


async def good(value=1):
    return value


async def bad():
    raise OSError("no answer")


async def fail(breaker, times=1):
    for _ in range(times):
        with pytest.raises(OSError, match="no answer"):
            await breaker.call(bad)


async def test_opens_after_threshold_and_refuses_without_calling(breaker):
    await fail(breaker, 2)
    assert breaker.state is CircuitState.OPEN
    with pytest.raises(CircuitBreakerOpenError) as caught:
        await breaker.call(pytest.fail)
    assert caught.value.name == "meter_1"
    assert caught.value.retry_after_seconds == 60.0
    assert str(caught.value) == "circuit 'meter_1' is open, retry after 60.0 s"
    assert isinstance(caught.value, ResilienceError)


async def test_a_success_starts_the_count_anew(breaker):
    await fail(breaker)
    assert await breaker.call(good, value=7) == 7
    assert breaker.failure_count == 0
    await fail(breaker)
    assert breaker.state is CircuitState.CLOSED


async def test_closes_after_all_probes_succeeded(breaker, clock):
    await fail(breaker, 2)
    clock.seconds += 60
    await breaker.call(good)
    assert breaker.state is CircuitState.HALF_OPEN
    await breaker.call(good)
    assert breaker.state is CircuitState.CLOSED
    assert breaker.failure_count == 0


async def test_a_failed_probe_opens_for_a_full_timeout(breaker, clock):
    await fail(breaker, 2)
    clock.seconds += 75
    await fail(breaker)
    clock.seconds += 59
    with pytest.raises(CircuitBreakerOpenError, match=r"retry after 1\.0 s"):
        await breaker.call(good)


async def test_cancelled_probe_gives_its_place_back(breaker, clock):
    await fail(breaker, 2)
    clock.seconds += 60
    never = asyncio.Event()
    probes = [asyncio.create_task(breaker.call(never.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(CircuitBreakerOpenError, match=r"retry after 0\.0 s"):
        await breaker.call(good)
    for probe in probes:
        probe.cancel()
    await asyncio.gather(*probes, return_exceptions=True)
    assert breaker.state is CircuitState.HALF_OPEN
    await breaker.call(good)
    await breaker.call(good)
    assert breaker.state is CircuitState.CLOSED


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "released"])
def test_late_result_of_an_earlier_state_is_ignored(breaker, clock, outcome):
    late = breaker.admit()
    for _ in range(2):
        breaker.failed(breaker.admit())
    clock.seconds += 60
    probe = breaker.admit()
    getattr(breaker, outcome)(late)
    assert breaker.state is CircuitState.HALF_OPEN
    breaker.succeeded(probe)
    breaker.succeeded(breaker.admit())
    assert breaker.state is CircuitState.CLOSED


def test_reset_closes_and_forgets(breaker):
    late = breaker.admit()
    breaker.failed(late)
    breaker.reset()
    breaker.failed(late)
    assert breaker.failure_count == 0
    for _ in range(2):
        breaker.failed(breaker.admit())
    breaker.reset()
    assert breaker.state is CircuitState.CLOSED


async def test_observers_see_every_transition_until_they_leave(breaker, clock):
    seen = []

    def broken(_transition):
        raise RuntimeError("observer is broken")

    breaker.observe(broken)
    leave = breaker.observe(seen.append)
    await fail(breaker, 2)
    clock.seconds += 60
    await breaker.call(good)
    breaker.reset()
    leave()
    leave()
    await fail(breaker, 2)
    assert [(t.name, t.before.value, t.after.value, t.failure_count, t.reason) for t in seen] == [
        ("meter_1", "closed", "open", 2, "2 consecutive failures"),
        ("meter_1", "open", "half_open", 2, "60 s are over, probing"),
        ("meter_1", "half_open", "closed", 2, "reset"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"failure_threshold": 0}, "failure_threshold must be >= 1, got 0"),
        ({"timeout_seconds": -1.0}, "timeout_seconds must be >= 0, got -1"),
        ({"half_open_max_calls": 0}, "half_open_max_calls must be >= 1, got 0"),
    ],
)
def test_impossible_settings_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        CircuitBreaker(**arguments)
