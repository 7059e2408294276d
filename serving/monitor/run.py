"""Monitor a home: gather what is newest, freshness first, then every outcome that has scores."""

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import select

from features.errors import NotReadyError
from features.frame import load_frame
from features.home import Home
from features.raw import reach, rows
from serving.monitor.findings import Finding, Gauge, MonitorReport
from serving.monitor.outcome import Watched, watch
from serving.store import Score, Store
from training.after_outreach import after_outreach, offers
from training.config import OUTCOMES, OutcomeConfig
from training.labels import label

__all__ = ["monitor_home", "realized_scores"]

STALE_DAYS = 8  # features are weekly, and a day may pass before they are built
LABEL_DAYS = 365


def monitor_home(home: Home, today: date) -> MonitorReport:
    """Compare the newest week of a home with what its champions were trained on.

    Raises
    ------
    NotReadyError
        There is no frame, no champion, or nothing was scored.
    """
    frame = load_frame(home)
    store = Store(home)
    try:
        latest = {outcome: day for outcome in OUTCOMES if (day := store.latest(outcome))}
        if not latest:
            raise NotReadyError("Nothing was scored yet; run `respite score` first.")
        watched = [_watched(home, store, frame, outcome, day) for outcome, day in latest.items()]
    finally:
        store.close()
    findings, gauges = _freshness(frame["as_of"].max().date(), latest, today)
    tables = {}
    for one in watched:
        found, numbers, tables[one.outcome] = watch(one)
        findings, gauges = findings + found, gauges + numbers
    return MonitorReport(today, findings, gauges, tables)


def _watched(home: Home, store: Store, frame: pd.DataFrame, outcome: str, day: date) -> Watched:
    from training.tracking import load_current  # MLflow: who reads what came true needs none

    model, _ = load_current(home, outcome)
    config = OutcomeConfig.model_validate(model.details_["config"])
    now = frame[frame["as_of"] == pd.Timestamp(day)]
    return Watched(outcome, model.details_, now, store.scores(outcome, day), realized_scores(home, store, config, day))


def realized_scores(home: Home, store: Store, config: OutcomeConfig, day: date) -> pd.DataFrame:
    """Scores of the past year whose horizon is over, with what became of them.

    Whoever was offered support meanwhile is left out: that a score did not come true then is no fault of the score.
    """
    since = day - timedelta(days=LABEL_DAYS)
    query = select(Score.as_of, Score.agent_id, Score.probability).where(
        Score.outcome == config.name, Score.as_of >= since, Score.probability.is_not(None)
    )
    with store.session() as session:
        found = pd.DataFrame(session.execute(query).all(), columns=["as_of", "agent_id", "probability"])
    ends = reach(home, "contacts", "started_at", "ended_at")
    if found.empty or ends is None:
        return found.assign(y=pd.Series(dtype=float))
    found["as_of"] = pd.to_datetime(found["as_of"])
    tables = {name: rows(home, name) for name in ("surveys", "exits")}
    y = label(found, tables, config, pd.Timestamp(ends[1]))
    outreach, known = offers(home, config), y.notna()
    if outreach is not None:
        over = found["as_of"] + timedelta(days=config.horizon_days)
        known &= ~after_outreach(found, outreach, over, config.offer_lasts_days).offered
    return found.assign(y=y)[known].reset_index(drop=True)


def _freshness(frame_day: date, latest: dict[str, date], today: date) -> tuple[list[Finding], list[Gauge]]:
    ages = {"features": (frame_day, (today - frame_day).days)}
    ages |= {f"{outcome} scores": (day, (today - day).days) for outcome, day in latest.items()}
    findings = []
    for what, (day, age) in ages.items():
        stale = age > STALE_DAYS
        advice = f"; at most {STALE_DAYS} are usual: run `respite features` and `respite score`." if stale else "."
        said = f"The newest {what} are as of {day}, {age} days old{advice}"
        outcome = "" if what == "features" else what.split()[0]
        findings.append(Finding(outcome, "freshness", "alert" if stale else "fine", said))
    about = "Days since the newest date."
    return findings, [Gauge("respite_age_days", about, float(age), {"of": what}) for what, (_, age) in ages.items()]
