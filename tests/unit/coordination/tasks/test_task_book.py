"""What a scheduler decides from what is written down: pure, with a clock that goes on when told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from fakes.time import FakeTime
from integrations.coordination.tasks import machine
from integrations.coordination.tasks.book import Book, Patience
from integrations.coordination.tasks.roster import Roster
from integrations.messages import (
    AgentCapability,
    AgentProfile,
    AgentRole,
    AgentTask,
    MessagePriority,
    TaskStatus,
)

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def agent(agent_id, *task_types, most=10):
    capabilities = [AgentCapability(name, "", {}, {}, True, most) for name in task_types or ("report",)]
    return AgentProfile(agent_id, AgentRole.ANALYTICS, capabilities)


class Bucket:
    """A book and the records behind it, written as a scheduler does that nobody contradicts."""

    def __init__(self, *agents, **patience):
        self.time = FakeTime()
        self.roster = Roster()
        for each in agents:
            self.roster.note(each, online=True)
        self.lives = {"life"}
        self.book = Book(self.roster, replace(Patience(), **patience), clock=self.time.clock)
        self.book.workers = self.lives
        self.records = {}
        self.revision = 0

    def put(self, record):
        self.revision += 1
        self.records[record.task_id] = record
        assert self.book.note(record, self.revision)
        return record

    def submit(self, task_id, task_type="report", priority=3, assignee=None, deadline=None, **more):
        task = AgentTask(
            task_id, task_type, "GL-003", assignee, MessagePriority(priority), TaskStatus.PENDING, NOON,
            deadline=deadline, **more,
        )  # fmt: skip
        return self.put(machine.admit(task, NOON + timedelta(seconds=self.time.seconds)))

    def work(self):
        """Do what the book decides until it decides nothing; returns ids in the order of assignment."""
        assigned = []
        while writes := [*self.book.doomed(NOON), *self.book.overdue(NOON), *self.book.assignments(NOON)]:
            for write in writes:
                if write.record.status is TaskStatus.ASSIGNED:
                    assigned.append(write.record.task_id)
                self.put(write.record)
        return assigned

    def accept(self, task_id, life="life"):
        self.put(machine.accept(self.records[task_id], life, NOON))

    def complete(self, task_id):
        self.put(machine.complete(self.records[task_id], None, NOON))

    def status(self, task_id):
        return self.records[task_id].status

    def error(self, task_id):
        assert self.status(task_id) is TaskStatus.FAILED
        return self.records[task_id].error


def test_urgent_tasks_are_given_out_first():
    it = Bucket(agent("a", most=2))
    for name, priority in (("background", 5), ("normal", 3), ("critical", 1)):
        it.submit(name, priority=priority)
    assert it.work() == ["critical", "normal"]
    it.complete("critical")
    assert it.work() == ["background"]


def test_a_kind_without_room_does_not_hold_up_another():
    it = Bucket(agent("a", "rare", most=1), agent("b", "usual"))
    for name, kind in (("r1", "rare"), ("r2", "rare"), ("u1", "usual")):
        it.submit(name, kind, priority=1 if kind == "rare" else 5)
    assert it.work() == ["r1", "u1"]


def test_a_task_waits_for_what_it_depends_on():
    it = Bucket(agent("a"))
    it.submit("last", dependencies=["first", "second"])
    it.submit("first")
    it.submit("second")
    assert it.work() == ["first", "second"]
    it.complete("first")
    assert it.work() == []
    it.complete("second")
    assert it.work() == ["last"]


def test_what_a_failure_makes_impossible_fails_with_the_reason_all_the_way():
    it = Bucket(agent("a"))
    it.submit("third", dependencies=["second"])
    it.submit("second", dependencies=["first"])
    it.submit("first")
    it.put(machine.fail(it.records["first"], "valve stuck", NOON))
    it.work()
    assert it.error("second") == "dependency first failed: valve stuck"
    assert it.error("third") == "dependency second failed: dependency first failed: valve stuck"


def test_a_cycle_is_refused_by_name_and_nothing_else_is():
    it = Bucket(agent("a"))
    it.submit("a", dependencies=["b"])
    it.submit("b", dependencies=["c"])
    it.submit("c", dependencies=["a"])
    it.submit("outside")
    assert it.work() == ["outside"]
    assert {it.error(name) for name in "abc"} == {"cyclic dependencies: c → a → b → c"}
    assert len(it.book) == 1


def test_a_dependency_that_never_turns_up_is_told_after_some_patience():
    it = Bucket(agent("a"), missing_dependency=30.0)
    it.submit("a", dependencies=["ghost"])
    assert list(it.book.unchecked) == ["a"]
    assert it.book.missing("a") == {"ghost"}
    it.book.settle("ghost", None, "a")
    assert it.work() == []
    it.time.seconds = 31
    it.book.settle("ghost", None, "a")
    it.work()
    assert it.error("a") == "dependency ghost does not exist"


def test_a_dependency_that_ended_before_is_looked_up():
    it = Bucket(agent("a"))
    done = machine.complete(machine.assign(it.submit("done"), "a", NOON), None, NOON)
    it.put(done)
    it.submit("next", dependencies=["done"])
    it.book.settle("done", done, "next")
    assert it.work() == ["next"]


def test_the_tasks_of_an_agent_that_is_lost_go_to_another():
    it = Bucket(agent("a"))
    it.submit("x")
    it.work()
    it.accept("x")
    it.roster.note(agent("b"), online=True)
    it.roster.note(agent("a"), online=False)
    assert it.work() == ["x"]
    record = it.records["x"]
    assert (record.assignee_id, record.attempt, record.losses) == ("b", 2, 1)
    assert "a is lost" in [step.reason for step in record.steps]


def test_after_too_many_losses_a_task_fails():
    it = Bucket(agent("a"), accept=10.0, avoid=5.0, deaf=5.0)
    it.submit("x")
    for round_ in range(1, 5):
        it.work()
        assert it.records["x"].attempt == round_
        it.time.seconds += 11
        it.work()
        it.time.seconds += 6
    assert it.error("x") == "a did not take it on in 10 s; 4 attempts were lost, no more are made"


def test_an_agent_that_takes_nothing_on_is_given_nothing_more_until_it_does_or_a_while_has_passed():
    it = Bucket(agent("a", most=50), accept=10.0, deaf=60.0)
    for name in "xy":
        it.submit(name)
    it.work()
    it.time.seconds = 11
    it.roster.note(agent("b", most=1), online=True)
    assert it.work() == ["x"]
    assert it.records["x"].assignee_id == "b"
    it.time.seconds = 72
    it.accept("x")
    assert it.work() == ["y"]
    assert it.records["y"].assignee_id == "a"
    it.accept("y")
    it.submit("z")
    assert it.work() == ["z"]


def test_nobody_counts_as_lost_before_they_could_have_said_that_they_are_there():
    it = Bucket(agent("a"))
    it.submit("x")
    it.work()
    it.book.judges_from = 35.0
    it.roster.note(agent("a"), online=False)
    it.work()
    assert it.status("x") is TaskStatus.ASSIGNED
    it.time.seconds = 35
    it.work()
    assert it.status("x") is TaskStatus.PENDING


def test_what_a_life_of_an_agent_was_working_on_is_given_out_again_when_it_ends():
    it = Bucket(agent("a"))
    it.submit("x")
    it.work()
    it.accept("x")
    assert it.work() == []
    it.lives.clear()
    assert it.work() == ["x"]
    assert it.records["x"].attempt == 2


def test_a_task_that_names_its_agent_waits_for_that_one():
    it = Bucket(agent("a"), agent("b", most=1))
    it.submit("x", assignee="b")
    it.submit("y", assignee="b")
    it.submit("z")
    assert it.work() == ["x", "z"]
    assert it.records["x"].assignee_id == "b"
    it.complete("x")
    assert it.work() == ["y"]


def test_a_type_that_nobody_knows_fails_and_says_which_are_known():
    it = Bucket(agent("a", "report", "forecast"), unknown_type=30.0)
    it.submit("x", "juggle")
    it.work()
    assert it.status("x") is TaskStatus.PENDING
    it.time.seconds = 31
    it.work()
    assert it.error("x") == "no agent knows task_type juggle; known are forecast, report"


def test_a_task_for_an_agent_that_is_unknown_or_does_not_do_it_fails_by_name():
    it = Bucket(agent("a"), unknown_type=30.0)
    it.submit("x", assignee="ghost")
    it.submit("y", "juggle", assignee="a")
    it.time.seconds = 31
    it.work()
    assert it.error("x") == "assignee_id ghost is no agent that was ever seen"
    assert it.error("y") == "a does not do task_type juggle"


def test_a_record_that_somebody_wrote_wrongly_stops_nobody():
    it = Bucket(agent("a"))
    it.put(structs.replace(it.submit("x"), assignee_id="a"))
    it.put(structs.replace(it.submit("y"), status=TaskStatus.ASSIGNED))
    assert sorted(it.work()) == ["x", "y"]


@pytest.mark.parametrize(("deadline", "fails"), [(None, True), (NOON + timedelta(days=1), False)])
def test_what_nobody_has_room_for_waits_an_hour_or_until_its_deadline(deadline, fails):
    it = Bucket(agent("a"))
    it.roster.note(agent("a"), online=False)
    it.submit("x", deadline=deadline)
    it.time.seconds = 3599
    it.work()
    assert it.status("x") is TaskStatus.PENDING
    it.time.seconds = 3601
    it.work()
    assert it.status("x") is (TaskStatus.FAILED if fails else TaskStatus.PENDING)


def test_an_agent_that_gave_a_task_back_is_not_given_it_at_once_again():
    it = Bucket(agent("a"), agent("b"))
    it.submit("x")
    it.work()
    first = it.records["x"].assignee_id
    it.book.avoid("x", first)
    it.put(machine.give_back(it.records["x"], "busy", NOON, lost=False))
    it.work()
    assert it.records["x"].assignee_id == ({"a", "b"} - {first}).pop()
    assert it.records["x"].losses == 0


def test_an_assignment_that_was_not_written_leaves_the_agent_its_room():
    it = Bucket(agent("a", most=1))
    it.submit("x")
    (write,) = it.book.assignments(NOON)
    assert it.book.assignments(NOON) == []
    it.book.withdrawn(write)
    assert it.work() == ["x"]


def test_a_turn_that_was_cut_short_leaves_no_task_in_between():
    it = Bucket(agent("a", most=2))
    it.submit("x")
    it.submit("y")
    written, _ = it.book.assignments(NOON)
    it.put(written.record)
    it.book.withdraw_all()
    assert it.work() == ["y"]
    assert it.status("x") is TaskStatus.ASSIGNED


def test_what_is_older_than_what_is_known_is_passed_over():
    it = Bucket(agent("a"))
    record = it.submit("x")
    assert not it.book.note(record, it.revision)
    assert not it.book.note(machine.cancel(record, "", NOON), it.revision - 1)
    assert "x" in it.book


def test_progress_is_no_reason_to_think_that_it_was_taken_on_anew():
    it = Bucket(agent("a", most=1))
    it.submit("x")
    it.work()
    it.accept("x")
    since = it.book.entry("x").since
    it.time.seconds = 5
    it.put(machine.advance(it.records["x"], 0.5))
    assert it.book.entry("x").since == since
    it.submit("y")
    assert it.work() == []


def test_at_most_so_much_is_decided_at_a_time():
    it = Bucket(agent("a", most=50))
    for number in range(20):
        it.submit(f"t{number}")
    assert len(it.book.assignments(NOON, most=7)) == 7
    assert len(it.book.assignments(NOON)) == 13
    assert structs.asdict(it.records["t0"])["status"] is TaskStatus.PENDING
