import asyncio

import pytest

from integrations.resilience import Backoff, CircuitBreakerOpenError, RetryFact, retry


class Flaky:
    """Raises the given errors in turn, then returns its arguments."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self, *args):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return args


class Naps:
    def __init__(self):
        self.taken = []

    async def __call__(self, seconds):
        self.taken.append(seconds)


BACKOFF = Backoff(5.0)


async def test_result_of_a_later_try_is_returned_and_waits_grow():
    flaky, naps, facts = Flaky(OSError("a"), OSError("b")), Naps(), []
    assert await retry(flaky, 1, 2, backoff=BACKOFF, retries=3, sleep=naps, on_retry=facts.append) == (1, 2)
    assert naps.taken == [5.0, 10.0]
    assert [(fact.attempt, fact.delay_seconds, str(fact.error)) for fact in facts] == [
        (0, 5.0, "a"),
        (1, 10.0, "b"),
    ]
    assert isinstance(facts[0], RetryFact)


async def test_last_error_reaches_the_caller_unchanged():
    last = OSError("last")
    flaky, naps = Flaky(OSError(), OSError(), OSError(), last), Naps()
    with pytest.raises(OSError, match="last") as caught:
        await retry(flaky, backoff=BACKOFF, retries=3, sleep=naps)
    assert caught.value is last
    assert naps.taken == [5.0, 10.0, 20.0]


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (CircuitBreakerOpenError("m", 1.0), {}),
        (KeyError("x"), {"retry_on": (OSError,)}),
        (FileNotFoundError("x"), {"retry_on": (OSError,), "give_up_on": (FileNotFoundError,)}),
        (asyncio.CancelledError(), {}),
    ],
)
async def test_hopeless_errors_are_not_retried(error, options):
    flaky = Flaky(error)
    with pytest.raises(type(error)):
        await retry(flaky, backoff=BACKOFF, retries=3, sleep=Naps(), **options)
    assert flaky.calls == 1


async def test_without_retries_there_is_one_try():
    flaky = Flaky(OSError())
    with pytest.raises(OSError):  # noqa: PT011 - any OSError is the one raised
        await retry(flaky, backoff=BACKOFF, retries=0, sleep=Naps())
    assert flaky.calls == 1
