"""Labels after outreach: who was reached, helped and stayed must not teach the next model that they were never at risk.

A score says what comes if nobody does anything. A row whose label came about after an offer says what comes if somebody
does; it is left out, whether the offer was accepted or not, since who accepts differs. Those whose turn came as well,
but whom the lot held out, stand for those who are left out: they count 1 / P(held out) times. Nobody needs to model why
someone's turn came, which later scores, capacity and absence decide; the lot alone decided the arm. Rows without a turn
count once. Why not otherwise: decision 16. Source: Horvitz and Thompson (1952), A generalization of sampling without
replacement from a finite universe; shares as found instead of as planned: Hirano, Imbens and Ridder (2003).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.home import Home
from features.raw import rows
from training.config import OutcomeConfig

__all__ = ["LEAST_HELD_OUT", "AfterOutreach", "after_outreach", "offers", "said_of"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
LEAST_HELD_OUT = 5  # people of one pattern of programs; fewer are taken together with the other patterns


@dataclass(frozen=True)
class AfterOutreach:
    """What offers did to the rows of a feature frame, each of shape (n,).

    Attributes
    ----------
    offered
        The label came about after an offer: the row says nothing of the untreated risk.
    held_out
        A turn came before the label, and the lot held the person out.
    weight
        0 where offered, 1 / P(held out) where held out, else 1.
    alone
        Offered rows for which nobody was held out: nobody stands for them.
    """

    offered: Mask
    held_out: Mask
    weight: Floats
    alone: Mask

    @property
    def sentence(self) -> str:
        """What was done, for the record of a run and the model card."""
        if not self.offered.any():
            return "No label came about after an offer; every row counts once."
        said = (
            f"{self.offered.sum():,} of {len(self.offered):,} rows are left out, since their label came about after an"
            f" offer; {self.held_out.sum():,} rows of people held out by lot stand for them"
        )
        if self.held_out.any():
            said += f" (weights up to {self.weight.max():.1f})"
        if self.alone.any():
            said += f"; for {self.alone.sum():,} of them nobody was held out, and scores like theirs are extrapolated"
        return f"{said}."


def after_outreach(frame: pd.DataFrame, outreach: pd.DataFrame, ends: pd.Series, lasts_days: int) -> AfterOutreach:
    """Which rows an offer touched, and how often the others count.

    Parameters
    ----------
    frame
        Columns as_of, agent_id.
    outreach
        Columns agent_id, offered_at, action, arm (offer, holdout).
    ends
        When each row's label was known, or was no longer waited for; what is offered from then on changes nothing.
    lasts_days
        How long an offer goes on to change what comes: one so many days before the as-of date still counts.
    """
    n = len(frame)
    turns = _turns(frame, outreach, ends, lasts_days)
    offered, turn = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    offered[turns.loc[turns["arm"] == "offer", "row"]] = True
    turn[turns["row"]] = True
    held_out, share = turn & ~offered, _share_held_out(frame, turns, turn, offered)
    weight = np.where(offered, 0.0, 1.0)
    weight[held_out] = 1 / share[held_out]
    return AfterOutreach(offered, held_out, weight, offered & (share == 0))


def offers(home: Home, config: OutcomeConfig) -> pd.DataFrame | None:
    """Offers and holdouts on record; None where nothing was ever offered, or labels are to count as they are."""
    found = rows(home, "outreach", ("agent_id", "offered_at", "action", "arm"))
    wanted = config.labels_after_outreach == "weighted" and bool((found["arm"] == "offer").any())
    return found if wanted else None


def said_of(after: AfterOutreach | None) -> str:
    """What was done about labels after outreach, where nothing was done too."""
    return "Nothing was offered, or labels count as they are." if after is None else after.sentence


def _turns(frame: pd.DataFrame, outreach: pd.DataFrame, ends: pd.Series, lasts_days: int) -> pd.DataFrame:
    """Row (its place in the frame), arm and action of every turn that came while it could still change the label."""
    each = pd.DataFrame(
        {"row": np.arange(len(frame)), "agent_id": frame["agent_id"].to_numpy(), "end": ends.to_numpy()}
    ).assign(begin=frame["as_of"].to_numpy() - np.timedelta64(lasts_days, "D"))
    pairs = each.merge(outreach[["agent_id", "offered_at", "action", "arm"]], on="agent_id")
    within = (pairs["offered_at"] >= pairs["begin"]) & (pairs["offered_at"] < pairs["end"])
    return pairs.loc[within, ["row", "action", "arm"]]


def _share_held_out(frame: pd.DataFrame, turns: pd.DataFrame, turn: Mask, offered: Mask) -> Floats:
    """Of rows with turns in the same programs the share that was offered nothing, shape (n,); 1 without a turn.

    By the set of programs: lots of two programs are drawn apart, so fewer are held out by both. Where a set has too few
    people held out, it is taken together with all the others.
    """
    share = np.ones(len(frame))
    if not turn.any():
        return share
    codes = turns[["row"]].assign(code=pd.util.hash_array(turns["action"].to_numpy(dtype=object)))
    sets = codes.drop_duplicates().groupby("row")["code"].sum()  # of 64 bits each: two sets do not share a sum
    found = pd.DataFrame({"set": sets, "agent_id": frame["agent_id"].to_numpy()[sets.index]})
    found["held_out"] = ~offered[sets.index]
    people = found[found["held_out"]].groupby("set")["agent_id"].nunique()
    known = found["set"].map(people).fillna(0) >= LEAST_HELD_OUT
    found["set"] = found["set"].where(known, 0)
    share[found.index] = found.groupby("set")["held_out"].transform("mean")
    return share
