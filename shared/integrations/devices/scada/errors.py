"""What goes wrong with a single tag."""

from collections.abc import Iterable
from difflib import get_close_matches

from integrations.devices.errors import DeviceError


class UnknownTagError(DeviceError, KeyError):
    """No tag has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        known = list(known)
        close = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(known[:10])}"
        self.tag_name = name
        self._text = f"no tag is named {name!r}: {hint}"
        super().__init__(self._text)

    def __str__(self) -> str:
        return self._text  # a KeyError shows the repr of its argument


class BadTagError(DeviceError):
    """The tag has no value at the moment; `status` is the StatusCode that says why."""

    def __init__(self, name: str, status: int, words: str) -> None:
        super().__init__(f"{name} has no value: {words} (0x{status:08X})")
        self.tag_name = name
        self.status = status
