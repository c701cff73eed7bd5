"""Configuration: frozen structs whose declared limits hold, and faults that name table, key and value."""

from .checked import Checked
from .faults import MISSING, ConfigurationError, Fault, FaultList
from .tables import read_struct, read_table

__all__ = ["MISSING", "Checked", "ConfigurationError", "Fault", "FaultList", "read_struct", "read_table"]
