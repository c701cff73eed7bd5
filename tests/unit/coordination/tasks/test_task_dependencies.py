"""What tasks wait for: freed when all of it is there, cycles found by name."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from integrations.coordination.tasks.graph import Dependencies

NAMES = st.sampled_from("abcdefgh")


def test_a_task_is_free_once_everything_it_needs_is_completed():
    graph = Dependencies()
    assert graph.add("c", ["a", "b"]) == []
    assert graph.completed("a") == []
    assert graph.needs("c") == {"b"}
    assert graph.completed("b") == ["c"]
    assert graph.needs("c") == frozenset()


def test_the_one_that_closes_a_cycle_is_told_the_whole_of_it():
    graph = Dependencies()
    assert graph.add("a", ["b"]) == []
    assert graph.add("b", ["x", "c"]) == []
    assert graph.add("c", ["a"]) == ["c", "a", "b", "c"]


def test_a_task_that_waits_for_itself_is_a_cycle():
    assert Dependencies().add("a", ["a"]) == ["a", "a"]


def test_what_is_dropped_waits_for_nothing_and_closes_no_cycle():
    graph = Dependencies()
    graph.add("a", ["b"])
    graph.drop("a")
    assert graph.add("b", ["a"]) == []
    assert graph.wanted_by("b") == []


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=3, unique=True), max_size=8))
def test_a_cycle_is_found_exactly_where_there_is_one(needs):
    graph = Dependencies()
    added = {}
    for task, its_needs in needs.items():
        cycle = graph.add(task, its_needs)
        added[task] = its_needs
        assert bool(cycle) == reaches(added, task, task)
        if cycle:
            assert cycle[0] == cycle[-1] == task
            assert all(after in added[before] for before, after in pairwise(cycle))
            graph.drop(task)
            del added[task]


def reaches(needs, start, goal):
    todo, seen = list(needs.get(start, ())), set()
    while todo:
        task = todo.pop()
        if task == goal:
            return True
        if task not in seen:
            seen.add(task)
            todo += needs.get(task, ())
    return False


def test_a_long_chain_is_no_cycle_and_no_recursion():
    graph = Dependencies()
    graph.add("end", [])
    for number in range(5000, 0, -1):
        assert graph.add(str(number), [str(number - 1)]) == []
    assert graph.add("0", ["5000"])[:3] == ["0", "5000", "4999"]
