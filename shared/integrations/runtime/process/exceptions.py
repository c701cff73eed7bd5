"""Exceptions as facts for a log: groups taken apart, tracebacks in one line per frame."""

import traceback

MAX_FRAMES = 12
"""Innermost frames shown of each exception."""


def leaves(error: BaseException) -> list[BaseException]:
    """Return the exceptions that a group holds, at any depth; any other is its own leaf."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for member in error.exceptions for leaf in leaves(member)]
    return [error]


def one_line(error: BaseException) -> str:
    """Say what happened, `Type: message`, on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def compact(error: BaseException) -> str:
    """Render `error`, the members of a group and what caused each: one line per frame, no source text."""
    return "\n".join(line for leaf in leaves(error) for line in _chain(leaf))


def _chain(error: BaseException) -> list[str]:
    lines: list[str] = []
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        lines.append(("caused by " if lines else "") + one_line(link))
        frames = traceback.extract_tb(link.__traceback__)[-MAX_FRAMES:]
        lines.extend(f"  at {frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(frames))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return lines
