"""The page of an agent, for that agent: what is on record, what was computed, how it adds up, and what they can do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from features.catalog import own_usual, peer_usual
from features.errors import InputError
from features.home import Home
from serving.outreach.actions import catalog
from serving.outreach.sites import NOTHING as NO_OVERRIDES
from serving.outreach.sites import Overrides, at_site
from serving.reports.charts import calendar, heat, sparkline, waterfall
from serving.reports.hours import SHORT_REST, Hours, hours_of
from serving.reports.material import NOTHING, WORK, Material, render
from serving.reports.sentences import (
    TITLES,
    Compared,
    added_up,
    among_colleagues,
    contributed,
    hours_on_record,
    label_of,
    plain,
    standing_out_for_you,
)
from serving.store import Score
from training.calibration import sigmoid
from training.explain import FAMILIES

__all__ = ["agent_report"]

_REASONS, _LINES, _STANDS_OUT = 5, 3, 1.0  # in spreads of the own past


def agent_report(
    material: Material, home: Home, scores: Sequence[Score], agent: str, *, header: Markup = NOTHING,
    forms: Markup = NOTHING, overrides: Overrides = NO_OVERRIDES,
) -> str:  # fmt: skip
    """The page of one agent for that agent; `scores` are theirs, with reasons, of the material's date.

    Raises
    ------
    InputError
        Nobody of this id has a post.
    """
    weeks = material.weeks.rows[material.weeks.rows["agent_id"] == agent]
    if weeks.empty or not scores:
        raise InputError(f"--agent {agent}: no post on {material.day}; ids are those of the table agents.")
    now = material.now[material.now["agent_id"] == agent]
    rows = {name: _row(name, weeks, material) for names in WORK.values() for name in names}
    site = str(weeks["site_id"].iloc[-1])
    return render(
        "agent.html",
        material,
        header=header,
        forms=forms,
        title="Respite: your page",
        agent_id=agent,
        summary=_summary(rows, now),
        work={title: [rows[name] for name in names] for title, names in WORK.items()},
        hours=_hours(hours_of(home, agent, material.day)),
        scores=[_score(score) for score in scores],
        help=[one for one in at_site(catalog(), overrides, site).actions if one.initiated_by == "agent"],
        help_here=overrides.help_at(site),
    )


def _row(name: str, weeks: pd.DataFrame, material: Material) -> dict[str, Any]:
    lines = weeks.set_index("as_of").reindex(material.weeks.dates)
    own, before, queue = (lines[column] for column in (name, own_usual(name), peer_usual(name)))
    found = Compared(name, float(own.iloc[-1]), float(before.iloc[-1]), float(queue.iloc[-1]))
    now, past, peers = (plain(name, value) for value in found[1:])
    about = f"{label_of(name)}: {now} now, {past} before, {peers} on the queue; 12 weeks"
    return {
        "compared": found,
        "label": label_of(name),
        "now": now,
        "before": past,
        "queue": peers,
        "chart": sparkline(list(own), list(queue), about),
    }


def _summary(rows: dict[str, dict[str, Any]], now: pd.DataFrame) -> list[str]:
    """Signals that are least as they were, in spreads of the own past."""
    apart = {
        name: abs(float(now[f"{name}_own_z"].iloc[0]))
        for name in rows
        if len(now) and f"{name}_own_z" in now and np.isfinite(now[f"{name}_own_z"].iloc[0])
    }
    ranked = sorted(apart, key=lambda name: -apart[name])[:_LINES]
    return [standing_out_for_you(rows[name]["compared"]) for name in ranked if apart[name] >= _STANDS_OUT]


def _hours(found: Hours | None) -> dict[str, Any] | None:
    if found is None:
        return None
    said = hours_on_record(len(found.days), found.weeks, found.short_rests)
    return {
        "sentence": said,
        "calendar": calendar(found.days, found.first, found.weeks, SHORT_REST, f"Calendar of your work. {said}"),
        "heat": heat(found.week, "The hours of a week in which you worked; the larger and darker, the more often."),
    }


def _score(score: Score) -> dict[str, Any]:
    title = f"{TITLES[score.outcome]} within {score.horizon_days} days"
    if score.probability is None or score.base is None:
        return {"title": title, "abstained": score.abstained}
    total = round(float(score.base + sum(reason["contribution"] for reason in score.reasons)), 2)
    sums = {f: round(sum(r["contribution"] for r in score.reasons if r["family"] == f), 2) for f in FAMILIES}
    # what is read must add up as it is read: the starting point takes what rounding left over
    base = round(total - sum(sums.values()), 2)
    steps = [(family, amount) for family, amount in sums.items() if amount]
    share = float(sigmoid(total))
    return {
        "title": title,
        "abstained": None,
        "sentence": among_colleagues(score.outcome, share),
        "chart": waterfall(base, steps, total, f"{title}: from the starting point to your score"),
        "sum": added_up(base, steps, total, share),
        "reasons": [contributed(reason) for reason in score.reasons[:_REASONS]],
    }
