"""The fairness audit: does outreach reach every group alike, and is the score as right about each of them?

Being *selected* is being among those whom outreach can reach. The *impact ratio* of a group is its selection rate over
the highest one; below *four-fifths* it is reported, whether or not chance explains it. Rates come from fairlearn. The
groups come from the table `protected`, which the audit alone reads: no model does. An audit never says "fair": it
says what was compared, among whom, and how sure that is.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import precision_score

from training.evaluate import selected
from training.evaluation.proportion import difference, wilson
from training.evaluation.resampling import intervals
from training.fairness.groups import FOUR_FIFTHS, LEAST_JUDGED, NOT_STATED, memberships, shown_groups
from training.fairness.verdict import Verdict, verdict

__all__ = ["MEASURES_COMPARED", "Audit", "audit"]

Floats = npt.NDArray[np.float64]
Group = dict[str, Any]
_SCORES = ("auroc", "calibration_in_the_large", "calibration_slope")
_RATES = {
    "base_rate": lambda y, chosen: selection_rate(y, y),
    "selection_rate": selection_rate,
    "true_positive_rate": partial(true_positive_rate, pos_label=1),
    "false_positive_rate": partial(false_positive_rate, pos_label=1),
    "precision": partial(precision_score, zero_division=0.0),
}
MEASURES_COMPARED = (*_RATES, *_SCORES)


@dataclass(frozen=True)
class Audit:
    """What was found, in a sentence and in numbers.

    `groups` has a row per attribute and value that may be shown; `gaps` one per attribute and measure, between the
    highest and the lowest judged group; `hidden` counts the groups of each attribute that are too small to be shown.
    """

    verdict: Verdict
    sentence: str
    groups: pd.DataFrame
    gaps: pd.DataFrame
    hidden: dict[str, int]


def audit(
    protected: pd.DataFrame | None, y: Floats, p: Floats, agents: npt.ArrayLike, outreach_share: float = 0.1,
    as_of: npt.ArrayLike | None = None, repeats: int = 200, seed: int = 7,
) -> Audit:  # fmt: skip
    """Compare the groups of every protected attribute.

    Parameters
    ----------
    protected
        Columns agent_id, attribute, value; None where an organization keeps no such table.
    y, p, agents
        Outcomes (0 or 1), probabilities, and whose row it is; shape (n,).
    as_of
        Dates of the rows; with them the top share is taken of each date, as outreach does, else of all rows.

    Raises
    ------
    InputError
        A column of `protected` is absent.

    Notes
    -----
    Intervals are 95 %: Wilson's for rates, with the agents of the denominator as its count (an agent's many rows are
    no new people), and by drawing agents for AUROC and calibration. Gaps follow from them (Zou & Donner 2008); since
    their two groups are picked as the outermost, an interval over many groups is on the narrow side.
    Groups of fewer than 30 agents are shown as "too few", and neither judged nor compared with.
    """
    block = pd.DataFrame({"y": y, "p": p, "agent": np.asarray(agents), "chosen": selected(p, outreach_share, as_of)})
    groups: list[Group] = []
    gaps: list[Group] = []
    hidden: dict[str, int] = {}
    for attribute, members in memberships(protected, agents).items():
        shown = shown_groups(members.agents)
        hidden[attribute] = len(members.agents) - len(shown)
        if shown:
            found = _judge(_measure(block, members.of_rows, shown, repeats, seed))
            groups += [{"attribute": attribute, **row} for row in found]
            gaps += [{"attribute": attribute, **row} for row in _gaps(found)]
    word, sentence = verdict(groups, gaps, audited=bool(hidden))
    return Audit(word, sentence, pd.DataFrame(groups), pd.DataFrame(gaps), hidden)


def _measure(block: pd.DataFrame, of_rows: pd.Series, shown: list[str], repeats: int, seed: int) -> list[Group]:
    """Counts, rates and measures of the score per group, each measure with its interval."""
    block = block[of_rows.isin(shown).to_numpy()].assign(group=of_rows)
    rates = MetricFrame(
        metrics={"rows": count, **_RATES}, y_true=block["y"].astype(int), y_pred=block["chosen"].astype(int),
        sensitive_features=block["group"],
    ).by_group  # fmt: skip
    rows: list[Group] = []
    for name in shown:
        own = block[block["group"] == name]
        row: Group = {"value": name, "agents": own["agent"].nunique(), "rows": int(rates.loc[name, "rows"])}
        for measure, mask in _denominators(own).items():
            # a rate of nobody is unknown, where fairlearn says 0
            rate = float(rates.loc[name, measure]) if mask.any() else np.nan
            low, high = wilson(rate, own.loc[mask, "agent"].nunique())
            row |= {measure: rate, f"{measure}_low": float(low), f"{measure}_high": float(high)}
        measured = intervals(
            own["y"].to_numpy(), own["p"].to_numpy(), own["agent"], _SCORES, repeats=repeats, seed=seed
        )
        for measure, found in measured.items():
            row |= {measure: found.estimate, f"{measure}_low": found.low, f"{measure}_high": found.high}
        rows.append(row)
    return rows


def _denominators(own: pd.DataFrame) -> dict[str, pd.Series]:
    """Among which rows each rate is taken."""
    everyone, came_true = pd.Series(True, index=own.index), own["y"] > 0
    return dict(zip(_RATES, (everyone, everyone, came_true, ~came_true, own["chosen"]), strict=True))


def _judge(groups: list[Group]) -> list[Group]:
    """Impact ratio and judgement per group of one attribute; `beyond_chance` where the gap's interval excludes 0."""
    judged = [row for row in groups if row["agents"] >= LEAST_JUDGED and row["value"] != NOT_STATED]
    highest = max(judged, key=lambda row: row["selection_rate"], default=None)
    for row in groups:
        row |= {"impact_ratio": np.nan, "judgement": "nothing to compare with", "beyond_chance": False}
        if row not in judged:
            row["judgement"] = NOT_STATED if row["value"] == NOT_STATED else "too few"
        elif highest is not None and len(judged) > 1:
            row |= _against(row, highest)
    return groups


def _against(row: Group, highest: Group) -> Group:
    top = highest["selection_rate"]
    ratio = row["selection_rate"] / top if top > 0 else 1.0
    if row is highest:
        return {"impact_ratio": ratio, "judgement": "highest"}
    below = round(ratio, 9) < FOUR_FIFTHS  # 0.6 / 0.75 is four-fifths too
    gap = difference(_triple(highest, "selection_rate"), _triple(row, "selection_rate"))
    judgement = "below four-fifths" if below else "within four-fifths"
    return {"impact_ratio": ratio, "judgement": judgement, "beyond_chance": below and gap[1] > 0}


def _gaps(groups: list[Group]) -> list[Group]:
    """Per measure, the highest judged group against the lowest."""
    found = []
    for measure in MEASURES_COMPARED:
        known = [row for row in groups if not np.isnan(row["impact_ratio"]) and not np.isnan(row[measure])]
        if len(known) < 2:
            continue
        top, bottom = max(known, key=lambda row: row[measure]), min(known, key=lambda row: row[measure])
        gap, low, high = difference(_triple(top, measure), _triple(bottom, measure))
        found.append(
            {"measure": measure, "highest": top["value"], "highest_at": top[measure], "lowest": bottom["value"],
             "lowest_at": bottom[measure], "gap": gap, "low": low, "high": high}
        )  # fmt: skip
    return found


def _triple(group: Group, measure: str) -> tuple[float, float, float]:
    return group[measure], group[f"{measure}_low"], group[f"{measure}_high"]
