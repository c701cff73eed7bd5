"""Who waits: urgent tasks first, but nobody for ever, and no kind of task behind another."""

from integrations.coordination.tasks.waiting import WaitingLine, WaitingLines


def taken(line):
    order = []
    while (head := line.head()) is not None:
        order.append(head[1])
        line.leave(head[1])
    return order


def test_the_most_urgent_goes_first_and_of_equals_the_oldest():
    line = WaitingLine()
    for name, priority, since in (("b", 5, 0), ("n2", 3, 2), ("n1", 3, 1), ("c", 1, 9)):
        line.join(name, priority, since)
    assert taken(line) == ["c", "n1", "n2", "b"]


def test_what_waits_four_minutes_longer_is_not_overtaken_by_anything():
    line = WaitingLine()
    line.join("background", 5, 0)
    line.join("critical", 1, 239)
    line.join("later", 1, 241)
    assert taken(line) == ["critical", "background", "later"]


def test_who_leaves_is_passed_over_and_who_joins_twice_stands_once():
    line = WaitingLine()
    line.join("a", 3, 0)
    line.join("a", 3, 0)
    line.join("b", 3, 1)
    line.leave("a")
    assert len(line) == 1
    assert taken(line) == ["b"]


def test_a_kind_that_nobody_can_take_does_not_hold_up_the_others():
    lines = WaitingLines()
    lines.line(("rare", "")).join("first", 1, 0)
    lines.line(("usual", "")).join("second", 3, 0)
    assert lines.first(()) == (("rare", ""), "first")
    assert lines.first({("rare", "")}) == (("usual", ""), "second")
    lines.leave(("usual", ""), "second")
    assert lines.first({("rare", "")}) is None
    assert len(lines) == 1
