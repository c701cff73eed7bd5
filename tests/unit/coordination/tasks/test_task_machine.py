"""The life of a task against a model: whatever is tried in whatever order, the steps tell one story."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs

from integrations.coordination.tasks import machine
from integrations.coordination.tasks.errors import TransitionError
from integrations.messages import MAX_STEPS, AgentTask, MessagePriority, TaskStatus

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
AGENTS = st.sampled_from(["GL-001", "GL-002", "GL-004"])


def a_task(task_id="a", **more):
    return AgentTask(
        task_id, "report", "GL-003", None, MessagePriority.NORMAL, TaskStatus.PENDING, NOON, **more
    )


class TaskAgainstModel(RuleBasedStateMachine):
    """The model knows the status and who has the task, and nothing of records."""

    @initialize(max_losses=st.integers(0, 3))
    def admit(self, max_losses):
        self.now = NOON
        self.record = machine.admit(a_task(), self.now, max_losses)
        self.max_losses, self.losses, self.attempts = max_losses, 0, 0
        self.status, self.agent, self.ends, self.count = "pending", None, 0, 1

    def attempt(self, allowed, after, change):
        """Try a change: it is made where the model allows it, else refused and nothing has changed."""
        self.now += timedelta(seconds=1)
        before = self.record
        if self.status not in allowed:
            with pytest.raises(TransitionError, match=f"from {self.status} to"):
                change(before)
            return False
        self.record = change(before)
        self.status = after
        self.count += 1
        self.ends += after in {"completed", "failed", "cancelled"}
        return True

    @rule(agent=AGENTS)
    def assign(self, agent):
        if self.attempt({"pending"}, "assigned", lambda it: machine.assign(it, agent, self.now)):
            self.agent = agent
            self.attempts += 1

    @rule()
    def accept(self):
        self.attempt({"assigned"}, "in_progress", lambda it: machine.accept(it, "life", self.now))

    @rule(share=st.floats(-1, 2))
    def advance(self, share):
        if self.status == "in_progress":
            self.record = machine.advance(self.record, share)
            assert 0 <= self.record.progress <= 1
        else:
            with pytest.raises(TransitionError):
                machine.advance(self.record, share)

    @rule(result=st.none() | st.integers() | st.dictionaries(st.text(max_size=3), st.integers()))
    def complete(self, result):
        done = self.attempt(
            {"assigned", "in_progress"}, "completed", lambda it: machine.complete(it, result, self.now)
        )
        assert not done or self.record.result == result

    @rule()
    def fail(self):
        self.attempt(
            {"pending", "assigned", "in_progress"}, "failed", lambda it: machine.fail(it, "no", self.now)
        )

    @rule()
    def cancel(self):
        self.attempt(
            {"pending", "assigned", "in_progress"}, "cancelled", lambda it: machine.cancel(it, "", self.now)
        )

    @rule(lost=st.booleans())
    def give_back(self, lost):
        after = "failed" if self.losses + lost > self.max_losses else "pending"
        if self.attempt(
            {"assigned", "in_progress"}, after, lambda it: machine.give_back(it, "gone", self.now, lost=lost)
        ):
            self.losses += lost
            self.agent = None if after == "pending" else self.agent

    @invariant()
    def record_and_model_agree(self):
        record = self.record
        assert (record.status, record.assignee_id) == (self.status, self.agent)
        assert (record.attempt, record.losses) == (self.attempts, self.losses)
        assert (record.started_at is None) or self.status not in {"pending", "assigned"}
        assert (record.completed_at is not None) == machine.ended(record) == bool(self.ends)

    @invariant()
    def steps_tell_one_story(self):
        steps = self.record.steps
        assert len(steps) == min(self.count, MAX_STEPS)
        assert steps[-1].after is self.record.status
        assert all(one.after is next_.before for one, next_ in pairwise(steps))
        assert self.ends <= 1
        assert all(one.time < next_.time for one, next_ in pairwise(steps))


TestTask = TaskAgainstModel.TestCase
TestTask.settings = settings(max_examples=30, stateful_step_count=40)


def test_the_end_of_a_task_is_its_end():
    for end in machine.ENDS:
        assert machine.NEXT[end] == frozenset()
    assert set(machine.NEXT) == set(TaskStatus)


def test_what_a_sender_says_about_how_far_a_task_is_does_not_count():
    record = machine.admit(
        a_task(completed_at=NOON, started_at=NOON, result=1, error="x", dependencies=["b", "b"]), NOON
    )
    assert record.status is TaskStatus.PENDING
    assert (record.result, record.error, record.started_at, record.completed_at) == (None, None, None, None)
    assert record.dependencies == ["b"]


def test_a_record_is_a_task_to_those_who_know_tasks_only():
    record = machine.complete(
        machine.accept(machine.assign(machine.admit(a_task(), NOON), "GL-001", NOON), "life", NOON), 7, NOON
    )
    assert record.task == structs.replace(
        a_task(), status="completed", assignee_id="GL-001", started_at=NOON, completed_at=NOON, result=7
    )
