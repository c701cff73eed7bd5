"""Secrets that stand in files."""

from pathlib import Path

from .faults import ConfigurationError, Fault


def secret_from(key: str, path: str) -> str:
    """Return the first line of the file that the configuration key `key` names.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise ConfigurationError([Fault("", key, path, f"must be a readable file ({reason})")]) from None
