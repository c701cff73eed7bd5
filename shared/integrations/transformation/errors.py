"""The errors of this room."""


class TransformationError(Exception):
    """Readings cannot be transformed as asked."""


class UnusableBatchError(TransformationError, ValueError):
    """A chunk holds numbers that no reading can have, such as a time beyond the year 2262."""
