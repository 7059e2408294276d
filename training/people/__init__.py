"""Any table of people: what its columns may be used for, who is who, and what gives an outcome away (*traps*)."""

from training.people.table import People, read_table

__all__ = ["People", "read_table"]
