from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from integrations.resilience import CircuitBreaker, CircuitBreakerOpenError, CircuitState

CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN


class BreakerAgainstModel(RuleBasedStateMachine):
    """The model keeps the set of calls whose outcome still matters instead of epochs and counters."""

    calls = Bundle("calls")

    @initialize(threshold=st.integers(1, 3), probes=st.integers(1, 3))
    def build(self, threshold, probes):
        self.now = 0.0
        self.threshold, self.probes = threshold, probes
        self.breaker = CircuitBreaker(threshold, 10.0, probes, clock=lambda: self.now)
        self.state, self.failures, self.opened_at = CLOSED, 0, 0.0
        self.relevant, self.good_probes, self.number = set(), 0, 0
        self.seen, self.expected = [], []
        self.breaker.observe(lambda fact: self.seen.append((fact.before, fact.after)))

    def enter(self, state):
        if state is not self.state:
            self.expected.append((self.state, state))
        self.state, self.relevant, self.good_probes = state, set(), 0
        if state is CLOSED:
            self.failures = 0
        if state is OPEN:
            self.opened_at = self.now

    @rule(target=calls)
    def begin(self):
        if self.state is OPEN and self.now - self.opened_at >= 10.0:
            self.enter(HALF_OPEN)
        full = self.state is HALF_OPEN and len(self.relevant) + self.good_probes >= self.probes
        try:
            ticket = self.breaker.admit()
        except CircuitBreakerOpenError as refusal:
            wait = refusal.retry_after_seconds
        else:
            wait = None
        if self.state is OPEN:
            assert wait > 0
            return None
        if full:
            assert wait == 0
            return None
        assert wait is None
        self.number += 1
        self.relevant.add(self.number)
        return self.number, ticket

    @rule(call=consumes(calls))
    def succeed(self, call):
        if call is None:
            return
        number, ticket = call
        self.breaker.succeeded(ticket)
        if number not in self.relevant:
            return
        self.relevant.remove(number)
        if self.state is CLOSED:
            self.failures = 0
        else:
            self.good_probes += 1
            if self.good_probes == self.probes:
                self.enter(CLOSED)

    @rule(call=consumes(calls))
    def fail(self, call):
        if call is None:
            return
        number, ticket = call
        self.breaker.failed(ticket)
        if number not in self.relevant:
            return
        self.relevant.remove(number)
        self.failures += 1
        if self.state is HALF_OPEN or self.failures >= self.threshold:
            self.enter(OPEN)

    @rule(call=consumes(calls))
    def cancel(self, call):
        if call is not None:
            self.breaker.released(call[1])
            self.relevant.discard(call[0])

    @rule(seconds=st.sampled_from([1.0, 9.0, 10.0]))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def reset(self):
        self.breaker.reset()
        self.enter(CLOSED)

    @invariant()
    def agrees_with_the_model(self):
        if hasattr(self, "breaker"):
            assert self.breaker.state is self.state
            assert self.breaker.failure_count == self.failures
            assert self.seen == self.expected


BreakerAgainstModel.TestCase.settings = settings(max_examples=200, stateful_step_count=40)
TestBreakerAgainstModel = BreakerAgainstModel.TestCase
