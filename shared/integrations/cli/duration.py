"""Times as people type them."""

import re

from integrations.configuration import ConfigurationError, Fault

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")


def seconds_of(option: str, text: str) -> float:
    """Return the seconds in `20s`, `5m`, `1.5h` or plain `20`; `option` is what the error names.

    Raises:
        ConfigurationError: it is not a time.
    """
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise ConfigurationError([Fault("", option, text, "must be a time such as 20s, 5m or 1h")])
    return float(match[1]) * _SECONDS[match[2]]
