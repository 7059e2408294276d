"""Who belongs to which group of a protected attribute, and which groups are too small to be shown."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError

__all__ = ["FOUR_FIFTHS", "LEAST_JUDGED", "LEAST_SHOWN", "NOT_STATED", "Membership", "memberships", "shown_groups"]

LEAST_SHOWN, LEAST_JUDGED = 5, 30  # agents
FOUR_FIFTHS = 0.8  # of the highest selection rate; U.S. practice (29 CFR 1607.4 D), no proof either way
NOT_STATED = "not stated"


class Membership(NamedTuple):
    """The groups of one attribute: whose row it is, by group, and agents per group from the largest."""

    of_rows: pd.Series
    agents: pd.Series


def memberships(protected: pd.DataFrame | None, agents: npt.ArrayLike) -> dict[str, Membership]:
    """Groups per attribute for the rows of `agents`; an agent whom an attribute does not name is "not stated".

    A later row of the same agent and attribute replaces an earlier one. Attributes that name none of the agents are
    left out, and without the table there are none.

    Raises
    ------
    InputError
        A column of the table protected is absent.
    """
    if protected is None:
        return {}
    for column in ("agent_id", "attribute", "value"):
        if column not in protected:
            raise InputError(f"protected: there is no column {column}; an audit needs agent_id, attribute and value.")
    rows = pd.Series(np.asarray(agents))
    last = protected.dropna().drop_duplicates(["agent_id", "attribute"], keep="last")
    found = {}
    for attribute, table in last.groupby("attribute"):
        values = rows.map(table.set_index("agent_id")["value"].astype(str))
        if values.notna().any():
            groups = values.fillna(NOT_STATED)
            counts = rows.groupby(groups).nunique().sort_values(ascending=False, kind="stable")
            found[str(attribute)] = Membership(groups, counts)
    return found


def shown_groups(agents: pd.Series) -> list[str]:
    """Groups that may be shown, of agents per group.

    Hidden are groups of fewer than 5 agents and then, as what is hidden must not follow from the total, the next
    smallest ones until two or more groups and 5 or more agents are hidden together.

    Examples
    --------
    >>> shown_groups(pd.Series({"a": 60, "b": 30, "c": 9, "d": 2}))
    ['a', 'b']
    """
    ordered = agents.sort_values(ascending=False, kind="stable")
    hidden = int((ordered < LEAST_SHOWN).sum())
    # a single hidden group has fewer than 5 agents, so that another one always joins it
    while 0 < hidden < len(ordered) and ordered.iloc[-hidden:].sum() < LEAST_SHOWN:
        hidden += 1
    return [str(name) for name in ordered.index[: len(ordered) - hidden]]
