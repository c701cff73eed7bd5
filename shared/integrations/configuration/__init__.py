"""Configuration: frozen structs whose declared limits hold, and faults that name table, key and value."""

from .checked import Checked
from .conversion import read_struct, read_table
from .faults import MISSING, ConfigurationError, Fault, FaultList
from .secret_files import secret_from

__all__ = [
    "MISSING",
    "Checked",
    "ConfigurationError",
    "Fault",
    "FaultList",
    "read_struct",
    "read_table",
    "secret_from",
]
