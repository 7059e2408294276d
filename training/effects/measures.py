"""What happened to people in a stretch of time: one number per person and outcome, from the tables of the contract."""

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.home import Home
from features.raw import rows, sql_files
from features.tables import TABLES
from training.config import OutcomeConfig, outcome_config
from training.effects.effect import OUTCOMES

__all__ = ["measure", "reaches"]

Floats = npt.NDArray[np.float64]
_OF_CONTACTS = {
    "csat": "csat", "nps": "nps", "ces": "ces", "fcr": "resolved::DOUBLE",
    "aht": "(coalesce(talk_s, 0) + coalesce(hold_s, 0) + coalesce(acw_s, 0))::DOUBLE",
}  # fmt: skip


def measure(home: Home, people: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of people, each in a stretch of their own.

    Parameters
    ----------
    people
        `agent_id`, `start`, `end` (midnights; the end does not belong to it), one row per person and stretch.

    Returns
    -------
    frame
        A row for each row of `people`, in their order, a column for each of `OUTCOMES`; NaN where it is not known:
        no survey, no rating, no day on the job. A survey counts as submitted, the last of several.
    """
    asked = people[["agent_id", "start", "end"]].reset_index(drop=True).reset_index(names="row")
    config = outcome_config("burnout")
    found = pd.concat([_of_contacts(home, asked), _of_surveys(home, asked, config), _of_work(home, asked)], axis=1)
    return found.reindex(columns=list(OUTCOMES)).set_index(people.index)


def reaches(home: Home) -> pd.Timestamp:
    """The day after the last contact: what comes later is not known."""
    with duckdb.connect() as db:
        found = db.execute(f"SELECT max(ended_at) FROM {sql_files(home, 'contacts')}").fetchone()
    return pd.Timestamp(found[0]).normalize() + pd.Timedelta(days=1) if found and found[0] else pd.Timestamp(0)


def _of_contacts(home: Home, asked: pd.DataFrame) -> pd.DataFrame:
    """Means over a person's contacts; a contact that was corrected counts once."""
    columns = {column.name for column in TABLES["contacts"].columns}
    known = {name: text for name, text in _OF_CONTACTS.items() if name in ("aht", "fcr") or text in columns}
    means = ", ".join(
        f"sum(c.sign * {text}) / nullif(sum(c.sign) FILTER (({text}) IS NOT NULL), 0) AS {name}"
        for name, text in known.items()
    )
    with duckdb.connect() as db:
        db.register("asked", asked)
        query = f"""
            SELECT a.row, {means} FROM asked a JOIN {sql_files(home, "contacts")} c
            ON c.agent_id = a.agent_id AND c.started_at >= a.start AND c.started_at < a."end" GROUP BY a.row
        """
        found: pd.DataFrame = db.sql(query).df().set_index("row")
    return found.reindex(asked["row"]).astype(float)


def _of_surveys(home: Home, asked: pd.DataFrame, config: OutcomeConfig) -> pd.DataFrame:
    table = rows(home, "surveys")
    if table.empty:
        return pd.DataFrame(index=asked["row"])
    wanted = (table["instrument"].str.lower() == config.instrument) & (table["scale"].str.lower() == config.scale)
    answers = table[wanted].assign(at=pd.to_datetime(table["submitted_at"]))[["agent_id", "at", "score"]]
    pairs = asked.merge(answers.sort_values("at"), on="agent_id")
    last = pairs[(pairs["at"] >= pairs["start"]) & (pairs["at"] < pairs["end"])].groupby("row")["score"].last()
    score = last.reindex(asked["row"]).astype(float)
    high = (score >= config.threshold).astype(float).where(score.notna())
    return pd.DataFrame({"burnout_score": score, "burnout_prevalence": high})


def _of_work(home: Home, asked: pd.DataFrame) -> pd.DataFrame:
    """Notices and unplanned days absent, of those who were on the job when their stretch began."""
    exits = rows(home, "exits")
    order = [name for name in ("notice_on", "recorded_at") if name in exits]
    exits = exits.sort_values(order).drop_duplicates(["agent_id", "notice_on"], keep="last")
    exits = exits.assign(notice_on=pd.to_datetime(exits["notice_on"]), last_day=pd.to_datetime(exits["last_day"]))
    ends = asked.merge(exits[["agent_id", "notice_on", "last_day", "kind"]], on="agent_id", how="left")
    ends = ends[(ends["last_day"] >= ends["start"]) | ends["last_day"].isna()].sort_values("last_day")
    ends = ends.drop_duplicates("row").set_index("row").reindex(asked["row"])
    within = (ends["notice_on"] >= asked["start"].to_numpy()) & (ends["notice_on"] < asked["end"].to_numpy())
    elsewhere = within & ends["kind"].isin(["transfer", "retirement", "other"])
    left = (within & (ends["kind"] == "voluntary")).astype(float)
    left = left.where(~elsewhere & ~(ends["notice_on"] < asked["start"].to_numpy()))
    until = np.minimum(asked["end"].to_numpy(), (ends["last_day"] + pd.Timedelta(days=1)).fillna(asked["end"].max()))
    lasts = pd.to_timedelta(np.asarray(until) - asked["start"].to_numpy())
    days = np.clip(lasts / pd.Timedelta(days=1), 0, None)
    return pd.DataFrame(
        {"voluntary_exits": left, "absence_days": _absent(home, asked, until) / np.where(days > 0, days, np.nan) * 28}
    )


def _absent(home: Home, asked: pd.DataFrame, until: pd.Series) -> Floats:
    """Unplanned days absent within each stretch."""
    spells = rows(home, "absences")
    if spells.empty:
        return np.full(len(asked), np.nan)
    order = [name for name in ("start_on", "recorded_at") if name in spells]
    spells = spells.sort_values(order).drop_duplicates(["agent_id", "start_on"], keep="last")
    spells = spells[~spells["planned"].astype(bool)]
    first, last = pd.to_datetime(spells["start_on"]), pd.to_datetime(spells["end_on"])
    pairs = asked.assign(until=np.asarray(until)).merge(
        spells[["agent_id"]].assign(first=first, after=last + pd.Timedelta(days=1)), on="agent_id"
    )
    ends, begins = pairs[["until", "after"]].min(axis=1), pairs[["start", "first"]].max(axis=1)
    days = pd.Series(pd.to_timedelta(ends - begins).dt.total_seconds() / 86_400)
    found = days.clip(lower=0).groupby(pairs["row"]).sum()
    return np.asarray(found.reindex(asked["row"], fill_value=0.0), dtype=float)
