"""Everything that Respite refuses, in one tree.

RespiteError
├── InputError            a file, a row, an argument or a request is not what the contract says
│   └── BannedInputError  a signal that must never be ingested
├── ConfigError           a mapping or a setting is not valid
├── NotReadyError         an earlier step has not been run yet
├── ContractError         a model and the feature code disagree
└── AccessError           no token, or one that does not open this door

A message names the place, the value and what would be valid, in one sentence a user can act on.
"""

__all__ = [
    "AccessError",
    "BannedInputError",
    "ConfigError",
    "ContractError",
    "InputError",
    "NotReadyError",
    "RespiteError",
]


class RespiteError(Exception):
    """A refusal that a user can act on; the command line prints it and ends with exit code 2."""


class InputError(RespiteError, ValueError):
    """A file, a row, an argument or a request is not what the contract says; a ValueError to Python's own tools."""


class BannedInputError(InputError):
    """The input holds a signal that must never be ingested."""


class ConfigError(RespiteError):
    """A mapping or a setting is not valid."""


class NotReadyError(RespiteError):
    """An earlier step has not been run yet."""


class ContractError(RespiteError):
    """A model and the feature code disagree on what the features mean."""


class AccessError(RespiteError):
    """No token, or one that does not open this door."""
