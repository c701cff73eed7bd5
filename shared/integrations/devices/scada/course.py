"""The course of each tag: under which time a reading goes on, and which readings say nothing new."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from integrations.messages import is_bad

from .values import TagReading

HISTORICAL = 0x00000400
"""InfoType DataValue with HistorianBits Raw (OPC UA Part 4 §7.39.1, Part 11 §5.2.3): the mark of backfill."""
FRESH_NS = 10_000_000_000
"""What history told needs no confirmation as long as the server knows nothing newer than this behind it."""


class Timed(NamedTuple):
    """A reading with the time it goes on under (UTC ns)."""

    time_ns: int
    reading: TagReading
    is_current: bool = True
    """Whether it is what the tag is now; a reading that was overtaken is not."""


@dataclass(slots=True)
class _Course:
    """Where one tag has got to."""

    time_ns: int
    reading: TagReading
    known_ns: int | None = None
    """Last time that a source gave."""
    server_ns: int = 0
    """Last time that a server gave: some give the same again and again, and know nothing anew by it."""
    asked_ns: int = 0
    """When it was last asked for, by our clock."""
    past_ns: int = 0
    """Last time of which its history told."""
    past_asked_ns: int = 0
    """When its history was last told of, by our clock."""


class TagCourse:
    """Follows every tag through time; the times of a tag's current readings only rise.

    A value keeps the time its source gave it. Where that stands still because the value does, an answer goes
    on under the time at which the server knew it to be so. The same holds where the clock of the source is
    behind the server's, or was set back. What history told is not told again by the reports and the answer
    that come with it.

    Args:
        tags: how many there are.
        now_ns: UTC clock.
        overtaken_ns: how long after an answer the server may still report values from before it.
    """

    def __init__(self, tags: int, now_ns: Callable[[], int], overtaken_ns: int = 0) -> None:
        self._now_ns = now_ns
        self._overtaken_ns = overtaken_ns
        self._courses: list[_Course | None] = [None] * tags

    def last_ns(self, tag: int) -> int | None:
        """Return the time of the last reading that went on."""
        course = self._courses[tag]
        return course.time_ns if course else None

    def known_ns(self, tag: int) -> int | None:
        """Return the last time that the tag's source gave, as the source's history counts it."""
        course = self._courses[tag]
        return course.known_ns if course else None

    def reported(self, readings: Iterable[TagReading]) -> list[Timed]:
        """Take readings that came by themselves; a repeat of what is known says nothing."""
        return [timed for reading in readings if (timed := self._take_report(reading))]

    def answered(self, readings: Iterable[TagReading]) -> list[Timed]:
        """Take readings that were asked for; one that repeats what is known confirms it."""
        found = []
        for reading in readings:
            course = self._courses[reading.tag]
            told = (
                course is not None and self._told_by_history(course, reading) and _is_fresh(course, reading)
            )
            if not told and (timed := self._go_on(reading)):
                found.append(timed)
            if course := self._courses[reading.tag]:
                course.asked_ns = self._now_ns()
        return found

    def backfilled(self, readings: Iterable[TagReading]) -> list[Timed]:
        """Take readings of the past: those behind the last that went on, marked."""
        found = []
        for reading in readings:
            last_ns, time_ns = self.last_ns(reading.tag), _own_time(reading)
            if time_ns is not None and (last_ns is None or time_ns > last_ns):
                timed = self._note(time_ns, reading)
                found.append(timed._replace(reading=reading._replace(status=reading.status | HISTORICAL)))
                if course := self._courses[reading.tag]:
                    course.past_ns, course.past_asked_ns = time_ns, self._now_ns()
        return found

    def lost(self, tags: Iterable[int], status: int, keeps_history: Callable[[int], bool]) -> list[Timed]:
        """Say that nothing is known any more.

        Where history can tell later what was, that is said once and right behind the last reading: a mark
        in the middle of the outage would come before values that are older.
        """
        found = []
        for tag in tags:
            course = self._courses[tag]
            if course is None:
                found.append(self._note(self._now_ns(), TagReading(tag, None, status)))
            elif not keeps_history(tag):
                time_ns = max(self._now_ns(), course.time_ns + 1)
                found.append(self._note(time_ns, TagReading(tag, None, status)))
            elif not is_bad(course.reading.status):
                found.append(self._note(course.time_ns + 1, TagReading(tag, None, status)))
        return found

    def _take_report(self, reading: TagReading) -> Timed | None:
        course = self._courses[reading.tag]
        if course is None:
            return self._go_on(reading)
        last, source_ns = course.reading, reading.source_ns
        if _repeats(reading, last) or self._told_by_history(course, reading):
            return None
        just_asked = self._now_ns() - course.asked_ns <= self._overtaken_ns
        if just_asked and source_ns is not None and source_ns < (last.source_ns or 0):
            return Timed(source_ns, reading, is_current=False)
        return self._go_on(reading)

    def _told_by_history(self, course: _Course, reading: TagReading) -> bool:
        """Whether a reading is among those that history has told just now."""
        time_ns = _own_time(reading)
        just_told = self._now_ns() - course.past_asked_ns <= self._overtaken_ns
        return just_told and time_ns is not None and time_ns <= course.past_ns

    def _go_on(self, reading: TagReading) -> Timed | None:
        """Give a reading the first of its times that is later than the last; None if nothing is new."""
        course = self._courses[reading.tag]
        if course is None:
            time_ns = _own_time(reading)
            return self._note(self._now_ns() if time_ns is None else time_ns, reading)
        server_ns = reading.server_ns if (reading.server_ns or 0) > course.server_ns else None
        times = (reading.source_ns, server_ns, self._now_ns())
        later = (each for each in times if each is not None and each > course.time_ns)
        time_ns = next(later, None)
        if time_ns is None:
            last = course.reading
            if (reading.value, reading.status) == (last.value, last.status):
                return None
            time_ns = course.time_ns + 1
        return self._note(time_ns, reading)

    def _note(self, time_ns: int, reading: TagReading) -> Timed:
        course = self._courses[reading.tag]
        if course is None:
            course = self._courses[reading.tag] = _Course(time_ns, reading)
        course.time_ns, course.reading = time_ns, reading
        course.known_ns = _own_time(reading) or course.known_ns
        course.server_ns = max(course.server_ns, reading.server_ns or 0)
        return Timed(time_ns, reading)


def _own_time(reading: TagReading) -> int | None:
    return reading.source_ns if reading.source_ns is not None else reading.server_ns


def _repeats(reading: TagReading, last: TagReading) -> bool:
    return (reading.value, reading.status, reading.source_ns) == (last.value, last.status, last.source_ns)


def _is_fresh(course: _Course, reading: TagReading) -> bool:
    """Whether an answer repeats what was told last, and the server knows of nothing much newer."""
    return _repeats(reading, course.reading) and (reading.server_ns or 0) - course.past_ns <= FRESH_NS
