"""Who was offered a program or held out, when, and in which team: from the table `outreach`."""

from dataclasses import dataclass

import pandas as pd

from features.errors import InputError
from features.home import Home
from features.raw import rows

__all__ = ["Turns", "posts_on", "turns_of"]

_TOGETHER_DAYS = 14  # a team whose members are offered within so many days begins at once


@dataclass(frozen=True)
class Turns:
    """One row per person, their first turn: agent_id, at (midnight), offered, accepted (0 or 1), team_id."""

    program: str
    people: pd.DataFrame

    @property
    def drawn(self) -> bool:
        """Whether anybody was held out."""
        return bool((self.people["offered"] == 0).any())

    @property
    def begins(self) -> pd.Series:
        """Each team's first day of the program, by team."""
        return self.people.groupby("team_id")["at"].min()

    @property
    def by_team(self) -> bool:
        """Whether teams began as wholes, and not all at once."""
        spread = self.people.groupby("team_id")["at"].median() - self.begins
        together = (spread <= pd.Timedelta(days=_TOGETHER_DAYS)).mean() >= 0.8
        return bool(together and len(set(self.begins)) > 1)

    def counts(self) -> dict[str, int]:
        """How many were offered it, held out, accepted, in how many teams."""
        of = self.people
        return {
            "offered": int(of["offered"].sum()),
            "held_out": int((1 - of["offered"]).sum()),
            "accepted": int(of["accepted"].sum()),
            "teams": int(of["team_id"].nunique()),
        }


def turns_of(home: Home, program: str | None) -> Turns:
    """The first turn of everyone in a program, which is an action of the table `outreach`; in any where it is None.

    Raises
    ------
    InputError
        The table has no such program.
    """
    table = rows(home, "outreach")
    known = sorted(set(table["action"].dropna())) if len(table) else []
    if program not in known if program else not known:
        there = f"there are {', '.join(known[:8])}" if known else "the table `outreach` has no rows"
        raise InputError(f"--program {program}: no such program; {there}." if program else f"No program: {there}.")
    chosen = table[table["action"] == program] if program else table
    found = chosen.sort_values(["offered_at", "agent_id"]).drop_duplicates("agent_id")
    people = pd.DataFrame({
        "agent_id": found["agent_id"], "at": pd.to_datetime(found["offered_at"]).dt.normalize(),
        "offered": (found["arm"] == "offer").astype(float),
        "accepted": (found["response"].fillna("").str.lower() == "accepted").astype(float),
    }).reset_index(drop=True)  # fmt: skip
    posts = rows(home, "agents")
    turns = people.groupby("at")["agent_id"]
    teams = [posts_on(posts, pd.Timestamp(str(day))).reindex(ids) for day, ids in turns]
    place = pd.concat(teams)["team_id"] if teams else pd.Series(dtype=str)
    people["team_id"] = people["agent_id"].map(place[~place.index.duplicated()])
    return Turns(program or "all", people.dropna(subset=["team_id"]).reset_index(drop=True))


def posts_on(posts: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The post of everyone who has one on a day, by agent: of several versions the one that was recorded last."""
    known = posts.assign(valid_from=pd.to_datetime(posts["valid_from"]), valid_to=pd.to_datetime(posts["valid_to"]))
    order = [name for name in ("valid_from", "recorded_at") if name in known]
    latest = known.sort_values(order).drop_duplicates(["agent_id", "valid_from"], keep="last")
    held = latest[(latest["valid_from"] <= day) & ~(latest["valid_to"] <= day)]
    return held.drop_duplicates("agent_id", keep="last").set_index("agent_id")
