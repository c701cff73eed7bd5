"""What tasks wait for: a graph without cycles; one that would close a cycle is told by name."""

from collections.abc import Collection


class Dependencies:
    """The tasks that wait for others, as far as those have not been completed."""

    def __init__(self) -> None:
        self._needs: dict[str, set[str]] = {}
        self._wanted_by: dict[str, set[str]] = {}

    def add(self, task_id: str, needs: Collection[str]) -> list[str]:
        """Note that a task waits for others; returns the cycle that this closes, empty where there is none.

        A cycle begins and ends with `task_id`, and each task in it waits for the one after it.
        """
        self._needs[task_id] = set(needs)
        for need in needs:
            self._wanted_by.setdefault(need, set()).add(task_id)
        return self._cycle(task_id) if needs and task_id in self._wanted_by else []

    def needs(self, task_id: str) -> frozenset[str]:
        """Return what a task still waits for."""
        return frozenset(self._needs.get(task_id, ()))

    def wanted_by(self, task_id: str) -> list[str]:
        """Return the tasks that wait for this one."""
        return sorted(self._wanted_by.get(task_id, ()))

    def completed(self, task_id: str) -> list[str]:
        """Note that a task is completed; returns those that wait for nothing any more."""
        free = []
        for waiting in sorted(self._wanted_by.pop(task_id, ())):
            needs = self._needs[waiting]
            needs.discard(task_id)
            if not needs:
                del self._needs[waiting]
                free.append(waiting)
        return free

    def drop(self, task_id: str) -> None:
        """Forget that a task waits for anything."""
        for need in self._needs.pop(task_id, ()):
            wanting = self._wanted_by[need]
            wanting.discard(task_id)
            if not wanting:
                del self._wanted_by[need]

    def _cycle(self, task_id: str) -> list[str]:
        """Return a way from a task through what it needs back to itself, the first in the order of names."""
        path, branches = [task_id], [iter(sorted(self._needs[task_id]))]
        seen: set[str] = set()
        while branches:
            need = next(branches[-1], None)
            if need is None:
                branches.pop()
                path.pop()
            elif need == task_id:
                return [*path, task_id]
            elif need not in seen:
                seen.add(need)
                path.append(need)
                branches.append(iter(sorted(self._needs.get(need, ()))))
        return []
