"""The tasks that could begin now: the most urgent first, and the longest waiting before that."""

import heapq
from collections.abc import Collection, Iterator

LEVEL_SECONDS = 60.0
"""A level of priority is worth so long a wait: nothing urgent overtakes what waits four minutes longer."""


class WaitingLine:
    """A line of task ids by priority and age; nobody in it starves."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._place: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._place

    def __iter__(self) -> Iterator[str]:
        """Yield the ids, in no order."""
        return iter(tuple(self._place))

    def join(self, task_id: str, priority: int, since_seconds: float) -> None:
        """Put a task where its priority and the time since which it waits belong."""
        place = since_seconds + priority * LEVEL_SECONDS
        if self._place.get(task_id) != place:
            self._place[task_id] = place
            heapq.heappush(self._heap, (place, task_id))

    def leave(self, task_id: str) -> None:
        """Take a task out, wherever it is."""
        self._place.pop(task_id, None)

    def head(self) -> tuple[float, str] | None:
        """Return the place and the id of the first; None where nobody waits."""
        while self._heap:
            place, task_id = self._heap[0]
            if self._place.get(task_id) == place:
                return place, task_id
            heapq.heappop(self._heap)
        return None


class WaitingLines:
    """A line for each kind of task, so that a kind which nobody can take now does not hold up the others."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], WaitingLine] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def line(self, kind: tuple[str, str]) -> WaitingLine:
        """Return the line of a kind."""
        return self._lines.setdefault(kind, WaitingLine())

    def has(self, kind: tuple[str, str], task_id: str) -> bool:
        """Whether a task stands in the line of its kind."""
        return kind in self._lines and task_id in self._lines[kind]

    def leave(self, kind: tuple[str, str], task_id: str) -> None:
        """Take a task out of its line."""
        line = self._lines.get(kind)
        if line is not None:
            line.leave(task_id)
            if not line:
                del self._lines[kind]

    def first(self, besides: Collection[tuple[str, str]]) -> tuple[tuple[str, str], str] | None:
        """Return kind and id of the task whose turn it is, kinds in `besides` left out."""
        heads = [
            (head, kind)
            for kind, line in self._lines.items()
            if kind not in besides and (head := line.head()) is not None
        ]
        if not heads:
            return None
        (_, task_id), kind = min(heads)
        return kind, task_id

    def items(self) -> list[tuple[tuple[str, str], WaitingLine]]:
        """Return every kind with its line."""
        return list(self._lines.items())
