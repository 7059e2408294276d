"""Whose turn comes first: by risk, or by the benefit that an offer is expected to bring where that is shown to do more.

High risk is not high benefit. Source: Ascarza (2018), Retention futility: targeting high-risk customers might be
ineffective.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from features.errors import ContractError, InputError, NotReadyError
from features.home import Home
from serving.store import Score
from training.uplift import RANKED_BY, BenefitModel, read_uplift

__all__ = ["BY_RISK", "RANKS", "Order", "Rank", "order_of"]

Rank = Literal["risk", "benefit", "auto"]
RANKS: tuple[Rank, ...] = get_args(Rank)


@dataclass(frozen=True)
class Order:
    """An order of candidates.

    Attributes
    ----------
    by, why
        What it goes by, and a sentence that says why.
    model
        Predicts the benefit; None by risk.
    """

    by: Literal["risk", "benefit"]
    why: str
    model: BenefitModel | None = None

    def ranks(self, scores: Sequence[Score], frame: pd.DataFrame) -> dict[str, float]:
        """A rank for each agent, the highest first: the score, or a place in (0, 1]; of equal benefit, by risk.

        Parameters
        ----------
        scores
            With a probability each.
        frame
            Rows of the feature frame as of the scores, by agent id.
        """
        risk = np.array([float(one.probability or 0.0) for one in scores])
        if self.model is None:
            return {one.agent_id: value for one, value in zip(scores, risk.tolist(), strict=True)}
        agents = [one.agent_id for one in scores]
        benefit = self.model.predict(frame.reindex(agents))
        place = np.empty(len(agents))
        place[np.lexsort((risk, benefit))] = np.arange(1, len(agents) + 1) / max(1, len(agents))
        return dict(zip(agents, place.tolist(), strict=True))


BY_RISK = Order("risk", "By risk, as set.")


def order_of(home: Home, outcome: str, rank: str) -> Order:
    """The order that `rank` asks for: risk, benefit, or auto, which is benefit once it is shown to do more.

    Raises
    ------
    InputError
        There is no such rank or outcome.
    NotReadyError
        `benefit` is asked for and not shown.
    ContractError
        `benefit` is asked for, and the features have been defined otherwise since the study.
    """
    for option, value, valid in (("--rank", rank, RANKS), ("--outcome", outcome, tuple(RANKED_BY))):
        if value not in valid:
            raise InputError(f"{option} {value}: name one of {', '.join(valid)}.")
    if rank == "risk":
        return BY_RISK
    try:
        found, model = read_uplift(home, RANKED_BY[outcome])
    except (NotReadyError, ContractError) as error:
        if rank == "benefit":
            raise
        return Order("risk", f"By risk: {error}")
    if found.shown:
        return Order("benefit", f"By expected benefit. {found.sentence}", model)
    if rank == "benefit":
        raise NotReadyError(f"--rank benefit: {found.sentence} Take `--rank risk`, or auto.")
    return Order("risk", f"By risk. {found.sentence}")
